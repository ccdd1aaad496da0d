// SPDX-License-Identifier: MIT

// echo.go - the echo of `make bench` in Go.
//
//	echo PORT        (on 127.0.0.1; 0: a free port, printed)
//
// A goroutine and a buffer for each connection; TCP_NODELAY is Go's default.
// One processor (GOMAXPROCS=1): the servers are compared on one core.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
)

const bufferBytes = 65536

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, bufferBytes)
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
