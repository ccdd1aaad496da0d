// SPDX-License-Identifier: MIT

//! The echo of `make bench` on tokio.
//!
//!     tokio-echo PORT        (on 127.0.0.1; 0: a free port, printed)
//!
//! The runtime of one thread, a task and a buffer for each connection, of
//! which no more is touched than is used.  As each of them holds its buffer
//! while it waits, that is 64 KiB, not the 256 KiB of loops that have one for
//! all; malloc is its pool.
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const BUFFER_BYTES: usize = 65536;
const BACKLOG: u32 = 511;

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    while stream.read_buf(&mut buffer).await? > 0 {
        stream.write_all(&buffer).await?;
        buffer.clear();
    }
    Ok(())
}

async fn serve(port: u16) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let listener = socket.listen(BACKLOG)?;
    println!("{}", listener.local_addr()?.port());
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo(stream));
        }
    }
}

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).expect("usage: tokio-echo PORT");
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?
        .block_on(serve(port.parse().expect("a port")))
}
