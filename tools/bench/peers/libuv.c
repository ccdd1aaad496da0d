/* SPDX-License-Identifier: MIT */
/* libuv.c - the echo of `make bench` on libuv.
 *
 *	libuv PORT        (on 127.0.0.1; 0: a free port, printed)
 *
 * As one who knows the library would write it: one read buffer for all
 * connections, uv_try_write at once, and only what the kernel did not take is
 * copied and queued; meanwhile nothing is read.  Nothing is allocated for a
 * message that the kernel takes. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define BUFFER_BYTES 262144
#define BACKLOG      511

/* The rest of a message that waits for the peer. */
struct pending {
	uv_write_t request;
	char data[];
};

static char buffer[BUFFER_BYTES];

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	(void)handle;
	(void)suggested;
	*out = uv_buf_init(buffer, sizeof(buffer));
}

static void forget(uv_handle_t *handle)
{
	free(handle);
}

static void end(uv_stream_t *stream)
{
	if (!uv_is_closing((uv_handle_t *)stream))
		uv_close((uv_handle_t *)stream, forget);
}

static void echo(uv_stream_t *stream, ssize_t size, const uv_buf_t *data);

static void pending_is_written(uv_write_t *request, int status)
{
	uv_stream_t *stream = request->handle;

	free(request); /* the first member of its struct pending */
	if (status < 0 || uv_read_start(stream, give_buffer, echo) < 0)
		end(stream);
}

static int queue(uv_stream_t *stream, const char *data, size_t size)
{
	struct pending *pending = malloc(sizeof(*pending) + size);
	uv_buf_t rest;

	if (!pending)
		return UV_ENOMEM;
	memcpy(pending->data, data, size);
	rest = uv_buf_init(pending->data, (unsigned)size);
	uv_read_stop(stream);
	return uv_write(&pending->request, stream, &rest, 1,
			pending_is_written);
}

static void echo(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
	uv_buf_t whole;
	int sent;

	if (size == 0)
		return;
	if (size < 0) {
		end(stream);
		return;
	}
	whole = uv_buf_init(data->base, (unsigned)size);
	sent = uv_try_write(stream, &whole, 1);
	if (sent == size)
		return;
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0 ||
	    queue(stream, data->base + sent, (size_t)size - (size_t)sent) < 0)
		end(stream);
}

static void welcome(uv_stream_t *listener, int status)
{
	uv_tcp_t *client;

	if (status < 0 || !(client = malloc(sizeof(*client))))
		return;
	if (uv_tcp_init(listener->loop, client) < 0) {
		free(client);
		return;
	}
	if (uv_accept(listener, (uv_stream_t *)client) < 0 ||
	    uv_tcp_nodelay(client, 1) < 0 ||
	    uv_read_start((uv_stream_t *)client, give_buffer, echo) < 0)
		end((uv_stream_t *)client);
}

static int listen_on(uv_tcp_t *listener, const char *port)
{
	struct sockaddr_storage address = {0};
	int error, length = sizeof(address);

	uv_ip4_addr("127.0.0.1", atoi(port), (struct sockaddr_in *)&address);
	error = uv_tcp_bind(listener, (struct sockaddr *)&address, 0);
	if (error == 0)
		error = uv_listen((uv_stream_t *)listener, BACKLOG, welcome);
	if (error == 0)
		error = uv_tcp_getsockname(
			listener, (struct sockaddr *)&address, &length);
	if (error < 0)
		return error;
	printf("%u\n", ntohs(((struct sockaddr_in *)&address)->sin_port));
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	uv_loop_t *loop = uv_default_loop();
	uv_tcp_t listener;
	int error;

	if (argc != 2) {
		fputs("usage: libuv PORT\n", stderr);
		return 2;
	}
	error = uv_tcp_init(loop, &listener);
	if (error == 0)
		error = listen_on(&listener, argv[1]);
	if (error < 0) {
		fprintf(stderr, "libuv: %s\n", uv_strerror(error));
		return 1;
	}
	return uv_run(loop, UV_RUN_DEFAULT);
}
