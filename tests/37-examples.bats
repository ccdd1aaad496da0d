#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The chat room among the examples: who hears what, and what a deaf member
# costs.

load support/common

chat() { start_ready 1 "$COHORT_BUILD/examples/chat" -l 127.0.0.1:0 "$@"; }
# Runs the script on standard input with Member, which has say(words) and
# hear(line): the next line is this one.
members() {
	timeout $((60 * COHORT_PATIENCE)) python3 <(
		cat <<-'END'
			import socket, sys, time
			class Member:
			    def __init__(self, port=int(sys.argv[1]), space=None):
			        self.socket = socket.socket()
			        if space:
			            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, space)
			        self.socket.settimeout(30)
			        self.socket.connect(("127.0.0.1", port))
			        self.stream = self.socket.makefile("rb")
			    def say(self, words):
			        self.socket.sendall(words.encode() + b"\n")
			    def next(self):
			        return self.stream.readline().decode().rstrip("\n")
			    def hear(self, *lines):
			        for line in lines:
			            heard = self.next()
			            assert heard == line, (heard, line)
			    def joined(self): # where nobody is told that it is
			        self.say("/name ?")
			        self.hear("* a name is 1 to 23 letters, digits and -")
			        return self
		END
		cat
	) "$PORT"
}

@test "chat: all hear what one says, who comes, who goes" {
	need python3
	chat -w 1
	members <<-'END'
		one = Member()
		one.hear("* guest-1 has come")
		two = Member()
		for member in one, two:
		    member.hear("* guest-2 has come")
		two.say("hello")
		for member in one, two:
		    member.hear("guest-2: hello")
		one.say("/name Ann")
		one.say("a\x1b[2J\tb")
		one.say("")
		for member in one, two:
		    member.hear("* guest-1 is now Ann", "Ann: a?[2J?b")
		two.say("/name not good")
		two.hear("* a name is 1 to 23 letters, digits and -")
		two.say("/quit")
		assert two.next() == ""
		two.stream.close()
		two.socket.close()
		one.hear("* guest-2 has gone")
	END
}

@test "chat: in a large room comings are not told, and many lines are in order" {
	need python3
	chat -w 1 -o 'protocol chat { notices 0; }'
	members <<-'END'
		room = [Member().joined() for _ in range(300)]
		for i in range(20):
		    for member in room[:10]:
		        member.say("line %d" % i)
		heard = [[member.next() for _ in range(200)] for member in room]
		assert all(lines == heard[0] for lines in heard)
	END
}

@test "chat: a deaf member is passed by, told what it missed, and dropped in the end" {
	need python3
	measure_memory
	chat -w 1 -o 'protocol chat { notices 0; deaf_timeout 1h; } send_buffer 16k;'
	worker=$(workers)
	members <<-END
		def memory():
		    for line in open("/proc/$worker/status"):
		        if line.startswith("RssAnon"):
		            return int(line.split()[1])
		loud, deaf = Member().joined(), Member(space=4096).joined()
		before = memory()
		for i in range(6000):
		    loud.say("%06d " % i + "x" * 1000)
		    heard = loud.next()
		    assert heard.startswith("guest-1: %06d " % i), heard
		after = memory()
		print("memory before", before, "kB, after", after, "kB")
		assert after - before < 4096
		numbers = []
		was_told = False
		while not numbers or numbers[-1] < 5999:
		    line = deaf.next()
		    if line == "* you have missed some lines":
		        was_told = True
		        assert numbers[-1] < 5000
		    else:
		        assert len(line) == 1016, line
		        numbers.append(int(line.split()[1]))
		assert was_told and numbers == sorted(set(numbers))
		deaf.say("back")
		loud.hear("guest-2: back")
	END
	chat -w 1 -o 'protocol chat { deaf_timeout 200ms; } send_buffer 16k;'
	members <<-'END'
		loud, deaf = Member(), Member(space=4096)
		loud.hear("* guest-1 has come", "* guest-2 has come")
		while True:
		    loud.say("x" * 1000)
		    if loud.next() == "* guest-2 has gone":
		        break
	END
	log_has 'it does not read: dropped'
}

@test "chat: a speaker faster than the room is kept back, and the room closes in good order" {
	need python3
	chat -w 1 -o 'protocol chat { notices 0; }'
	members <<-END
		import os, signal, threading
		room = [Member().joined() for _ in range(1500)] # two slices
		for member in room:
		    member.socket.setblocking(True)
		loud = room[0]
		def flood():
		    for i in range(200):
		        loud.say("%d" % i)
		thread = threading.Thread(target=flood)
		thread.start()
		for i in range(200):
		    room[1].hear("guest-1: %d" % i)
		thread.join()
		for i in range(200):
		    room[1499].hear("guest-1: %d" % i)
		os.kill($SERVER, signal.SIGTERM)
		room[1].hear("* this room closes; come again")
		assert room[1].next() == ""
	END
	wait_exit "$SERVER" 15
}

@test "the bench of the chat room measures every member and every line" {
	need python3
	run -0 env MEMBERS=300 ROUNDS=2 timeout $((60 * COHORT_PATIENCE)) "$BATS_TEST_DIRNAME/../tools/bench/chat" \
		"$COHORT_BUILD/examples/chat" "$COHORT_BUILD/bench/bare-send"
	[[ "$output" =~ "300 in 1 rooms" && "$output" =~ "ratio of each round" ]]
}
