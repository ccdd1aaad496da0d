// SPDX-License-Identifier: MIT

// echo.go - the echo of `make bench` in Go.
//
//	echo PORT        (on 127.0.0.1; 0: a free port, printed)
//
// A goroutine and a buffer for each connection, which comes from a pool and
// goes back there; TCP_NODELAY is Go's default.  As each of them holds its
// buffer while it waits, that is 64 KiB, not the 256 KiB of loops that have
// one for all.  One processor (GOMAXPROCS=1): the servers are compared on one core.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
)

const bufferBytes = 65536

var buffers = sync.Pool{New: func() any { return new([bufferBytes]byte) }}

func echo(connection net.Conn) {
	defer connection.Close()
	pooled := buffers.Get().(*[bufferBytes]byte)
	defer buffers.Put(pooled)
	buffer := pooled[:]
	for {
		size, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:size]); err != nil {
			return
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: echo PORT")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	listener, err := net.Listen("tcp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		if err == nil {
			go echo(connection)
		}
	}
}
