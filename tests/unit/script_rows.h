/* SPDX-License-Identifier: MIT */
/* script_rows.h - what each callback and method promises, a row for each
 * sentence: what is done, and what the protocol is told for it.
 *
 * The words are those of script_words.h; a row that names no reason ends
 * with the peer's EOF. */
#ifndef COHORT_TESTS_SCRIPT_ROWS_H
#define COHORT_TESTS_SCRIPT_ROWS_H

#include "script_player.h"

#define ROW(name, does, told, ...)                                             \
	{                                                                      \
		.title = (name), .steps = (does), .events = (told),            \
		__VA_ARGS__                                                    \
	}
#define ENDS(why, number) .reason = COHORT_REASON_##why, .error = (number)
#define LOCAL             ENDS(LOCAL_CLOSE, 0)
#define TCP               .only = TCP_ONLY
#define BARE              .only = BARE_ONLY
#define KEEP              .verdict = COHORT_KEEP
#define SOON_MS           30

/* clang-format off */
static const struct script script_rows[] = {

/* ---- connection_made ---- */
ROW("nothing comes without a cause", "WAIT:m HANGUP", "mel"),
ROW("what was there before comes after connection_made", "GOT:10 HANGUP", "mdel",
	.early_bytes = 10, .in_made = "reading knows peer find"),
ROW("connection_made may write", "READ:10 HANGUP", "mel", .in_made = "write:10"),
ROW("… more than the high mark", "WAIT:mp REST WAIT:mpr HANGUP", "mprel",
	.in_made = "fill:65537"),
ROW("… pause reading", "WAIT:m resume GOT:10 HANGUP", "mdel",
	.early_bytes = 10, .in_made = "pause"),
ROW("… close: no byte is delivered, none is answered by a reset",
	"END HANGUP", "ml", LOCAL, .early_bytes = 20000, .in_made = "close"),
ROW("… write and close", "REST END HANGUP", "ml", LOCAL,
	.in_made = "fill:50000 close"),
ROW("… end its half", "END SEND:10 GOT:10 HANGUP", "mdel",
	.in_made = "write_eof"),
ROW("… change the protocol", "GOT:10 HANGUP", "m>del",
	.early_bytes = 10, .in_made = "become"),
ROW("… do all at once", "WAIT:m>p REST WAIT:m>pr resume GOT:10 HANGUP", "m>prdel",
	.early_bytes = 10, .in_made = "fill:70000 pause timer:0 become"),

/* ---- data_received ---- */
ROW("a stream comes in order and whole", "SEND:300000 GOT:300000 HANGUP", "mdel"),
ROW("a byte at a time", "SEND:1 GOT:1 SEND:1 GOT:2 SEND:1 GOT:3 HANGUP", "mdel"),
ROW("nothing after close", "SEND:10 WAIT:md SEND:100000 GOT:10 END HANGUP", "mdl",
	LOCAL, .in_data = "close"),
ROW("nothing while paused, and EOF neither",
	"SEND:10 WAIT:md SEND:10 GOT:10 resume GOT:20 HANGUP GOT:20 resume",
	"mdel", .in_data = "pause"),
ROW("a deaf client costs the high mark and a chunk",
	"FLOOD queued_at_most:131072 abort", "mdpl", LOCAL,
	.in_data = "echo", .in_pause = "pause"),
ROW("… and gets all when it listens", "SEND:100000 REST EOF END", "mdel",
	.in_made = "limits:1000000/0", .in_data = "echo"),
ROW("pause and resume in one callback are nothing",
	"SEND:100000 GOT:100000 HANGUP", "mdel", .in_data = "pause resume"),
ROW("a protocol without callbacks throws away", "SEND:100000 HANGUP", "ml",
	BARE),
ROW("… and lives through all that it is not told",
	"timer:0 fill:70000 DRAIN REST SEND:10 EOF END", "ml",
	BARE),

/* ---- eof_received ---- */
ROW("without the callback the verdict is close", "EOF END", "ml",
	BARE),
ROW("verdict close", "EOF END", "mel"),
ROW("… what is queued is sent first", "fill:50000 EOF WAIT:me REST END", "mel"),
ROW("… also what the callback writes", "EOF READ:10 END", "mel",
	.in_eof = "write:10"),
ROW("verdict keep: half-open until the protocol closes",
	"EOF WAIT:me deaf write:10 READ:10 OPEN close END", "mel", KEEP),
ROW("… or ends its half", "EOF WAIT:me fill:50000 write_eof REST END", "mel",
	KEEP),
ROW("… also from within", "EOF END", "mel", KEEP, .in_eof = "write_eof"),
ROW("… or has ended it before", "write_eof END EOF", "mel", KEEP),
ROW("… which is still to be flushed", "fill:50000 write_eof EOF WAIT:me REST END",
	"mel", KEEP),
ROW("… the marks go on", "EOF WAIT:me fill:70000 WAIT:mep REST WAIT:mepr close",
	"meprl", KEEP),
ROW("… timers go on", "EOF WAIT:me timer:0 WAIT:met close END", "metl", KEEP),
ROW("… pausing means nothing any more",
	"EOF WAIT:me pause resume deaf pause close END", "mel", KEEP),
ROW("… a reset is noticed", "EOF WAIT:me RESET", "mel", /* so says the kernel */
	ENDS(PEER_RESET, EPIPE), TCP, KEEP),
ROW("verdict abort: a protocol_error, for this one alone", "EOF END", "mel",
	ENDS(PROTOCOL_ERROR, 0), .verdict = COHORT_ABORT),
ROW("… drops the queue", "fill:50000 EOF END", "mel",
	ENDS(PROTOCOL_ERROR, 0), .verdict = COHORT_ABORT),
ROW("… after close the first reason stays", "EOF END", "mel",
	.verdict = COHORT_ABORT, .in_eof = "close"),
ROW("it comes once, after all data", "SEND:100000 EOF WAIT:mde HANGUP close",
	"mdel", KEEP),
ROW("it does not come after close", "close EOF END", "ml", LOCAL),
ROW("it comes after our own half has ended", "write_eof END SEND:10 EOF", "mdel"),
ROW("it waits while paused", "pause EOF WAIT:m OPEN resume END", "mel"),

/* ---- pause_writing, resume_writing ---- */
ROW("no pause at the high mark", "fill:65536 WAIT:m REST HANGUP", "mel"),
ROW("a pause above it", "fill:65537 WAIT:mp REST WAIT:mpr HANGUP", "mprel",
	.in_resume = "queued_at_most:16384"),
ROW("they alternate", "fill:70000 WAIT:mp write:10 WAIT:mp REST WAIT:mpr "
	"fill:70000 WAIT:mprp REST WAIT:mprpr HANGUP", "mprprel"),
ROW("resume_writing may write", "fill:70000 WAIT:mp REST WAIT:mpr REST HANGUP",
	"mprel", .in_resume = "write:10"),
ROW("limits of the protocol's own", "limits:5000/100 fill:5000 WAIT:m write:1 "
	"WAIT:mp REST WAIT:mpr HANGUP", "mprel",
	.in_resume = "queued_at_most:100"),
ROW("… may be the same", "limits:5000/5000 fill:5001 WAIT:mp REST WAIT:mpr HANGUP",
	"mprel", .in_resume = "queued_at_most:5000"),
ROW("… may be nothing", "limits:0/0 fill:5000 WAIT:mp REST WAIT:mpr HANGUP",
	"mprel", .in_resume = "queued:0"),
ROW("… take effect at once, either way", "fill:20000 WAIT:m limits:19999/0 "
	"WAIT:mp limits:100000/20000 WAIT:mpr REST HANGUP", "mprel"),
ROW("… also when set inside", "fill:70000 WAIT:mpr REST HANGUP", "mprel",
	.in_pause = "limits:1000000/1000000"),
ROW("… the wrong way round are refused, and change nothing",
	"bad_limits:1/2 fill:65536 WAIT:m write:1 WAIT:mp REST HANGUP",
	"mprel"),
ROW("no resume after close", "fill:70000 WAIT:mp close REST END HANGUP", "mpl",
	LOCAL),
ROW("no pause after close", "fill:70000 close REST END HANGUP", "ml", LOCAL),
ROW("they go on after write_eof", "fill:70000 write_eof WAIT:mp REST WAIT:mpr "
	"HANGUP", "mprel"),

/* ---- draining ---- */
ROW("draining comes once", "DRAIN DRAIN WAIT:mD HANGUP", "mDel"),
ROW("… also to who comes later", "WAIT:mD DRAIN WAIT:mD HANGUP", "mDel",
	.is_draining = true),
ROW("… not after connection_made has ended it", "END", "ml", LOCAL,
	.is_draining = true, .in_made = "abort"),
ROW("nothing is closed for it", "DRAIN SEND:10 GOT:10 OPEN HANGUP", "mDdel"),
ROW("… without the callback either", "DRAIN OPEN HANGUP", "ml",
	BARE),
ROW("draining may write", "DRAIN READ:10 HANGUP", "mDel", .in_drain = "write:10"),
ROW("… and be paused for it", "DRAIN WAIT:mDp REST WAIT:mDpr HANGUP", "mDprel",
	.in_drain = "fill:70000"),
ROW("it comes to whoever reads no more", "pause DRAIN WAIT:mD resume EOF WAIT:mDe "
	"close", "mDel", KEEP),
ROW("… and is half-open", "EOF WAIT:me DRAIN WAIT:meD close", "meDl", KEEP),
ROW("… or has ended its half", "write_eof DRAIN WAIT:mD HANGUP", "mDel"),
ROW("it does not come after close", "close DRAIN WAIT:m HANGUP", "ml", LOCAL),
ROW("the bound closes in good order", "SEND:10 GOT:10 DRAIN fill:50000 STOP SEND:9 "
	"REST END HANGUP", "mdDl", ENDS(SHUTDOWN, 0)),
ROW("… then aborts", "DRAIN fill:50000 STOP KILL END", "mDl",
	ENDS(SHUTDOWN, 0)),
ROW("… whoever closes already keeps the reason", "close STOP END HANGUP", "ml",
	LOCAL),
ROW("an operator aborts", "fill:50000 KILL END", "ml", ENDS(KILLED, 0)),

/* ---- timeout ---- */
ROW("a timer runs out, never inside the call", "timer:0 WAIT:mt HANGUP", "mtel"),
ROW("… in connection_made", "WAIT:mt HANGUP", "mtel", .in_made = "timer:0"),
ROW("… once", "timer:1 WAIT:mt timer:1 WAIT:mtt HANGUP", "mttel"),
ROW("… a negative delay is none", "timer:-5 WAIT:mt HANGUP", "mtel"),
ROW("a second call moves it", "timer:3600000 timer:1 WAIT:mt HANGUP", "mtel"),
ROW("… to later too", "timer:1 timer:3600000 WAIT:m SEND:1 GOT:1 HANGUP", "mdel"),
ROW("cancelled, it does not run out", "timer:0 cancel cancel WAIT:m HANGUP",
	"mel"),
ROW("it does not run after close", "timer:0 close timer:0 WAIT:m HANGUP", "ml",
	LOCAL),
ROW("it runs while paused", "pause timer:0 WAIT:mt resume HANGUP", "mtel"),

/* ---- connection_lost ---- */
ROW("it comes once, last, and everything is harmless in it", "HANGUP", "mel",
	.in_lost = "stale late pause resume deaf limits:5/1 bad_limits:1/5 "
		"timer:0 cancel knows close abort reset fail queued:0"),
ROW("it tells a reset", "RESET", "ml", ENDS(PEER_RESET, ECONNRESET), TCP, .in_lost = "stale late knows close"),
ROW("… also to who does not read", "pause RESET", "ml", ENDS(PEER_RESET, ECONNRESET), TCP),
ROW("… or has all but gone", "fill:50000 close RESET", "ml",
	ENDS(PEER_RESET, ECONNRESET), TCP),
ROW("the first reason stays: close", "close abort fail reset KILL", "ml", LOCAL),
ROW("… abort", "abort fail close STOP", "ml", LOCAL),
ROW("… fail", "fail abort close", "ml", ENDS(PROTOCOL_ERROR, 0)),
ROW("… the operator's", "STOP close fail abort", "ml", ENDS(SHUTDOWN, 0)),

/* ---- write, writev, write_eof ---- */
ROW("nothing is queued that the kernel takes", "write:10 queued:0 writev:10 "
	"queued:0 READ:20 HANGUP", "mel"),
ROW("pieces keep their order in the queue", "fill:5000 writev:5000 writev:1 "
	"write:10 REST HANGUP", "mel"),
ROW("an empty write does nothing", "empty fill:5000 empty REST OPEN HANGUP", "mel"),
ROW("above write_limit it is aborted, and says so", "overflow late END", "ml",
	ENDS(WRITE_OVERFLOW, 0), .write_limit_bytes = 50000),
ROW("… in a callback", "SEND:1 END", "mdl", ENDS(WRITE_OVERFLOW, 0),
	.write_limit_bytes = 50000, .in_data = "overflow late close abort"),
ROW("… at the limit it is not", "fill:50000 REST HANGUP", "mel",
	.write_limit_bytes = 50000),
ROW("no write after write_eof", "write:10 write_eof late READ:10 END HANGUP",
	"mel"),
ROW("… nor while it waits for the queue", "fill:50000 write_eof late REST END "
	"late HANGUP", "mel"),
ROW("… close", "write:10 close late READ:10 END HANGUP", "ml", LOCAL),
ROW("… while it flushes", "fill:50000 close late REST END HANGUP", "ml", LOCAL),
ROW("… abort", "fill:50000 abort late END", "ml", LOCAL),
ROW("… reset", "reset late RST", "ml", LOCAL),
ROW("… fail", "fail late END", "ml", ENDS(PROTOCOL_ERROR, 0)),
ROW("write_eof twice is once, and reading goes on",
	"write_eof write_eof END reading SEND:10 GOT:10 HANGUP", "mdel"),
ROW("write_eof and close", "fill:50000 write_eof close REST END HANGUP", "ml",
	LOCAL),
ROW("close and write_eof", "fill:50000 close write_eof REST END HANGUP", "ml",
	LOCAL),
ROW("write_eof and abort", "fill:50000 write_eof abort END", "ml", LOCAL),

/* ---- close, abort, reset ---- */
ROW("close twice is once", "close close END HANGUP", "ml", LOCAL),
ROW("close is no reset, however much the peer has sent and sends",
	"pause SEND:20000 fill:50000 close SEND:500000 REST END SEND:500000 "
	"WAIT:m HANGUP", "ml", LOCAL),
ROW("… nor what came while reading was paused, EOF and all",
	"pause SEND:20000 EOF WAIT:m close END", "ml", LOCAL),
ROW("close waits for the peer's EOF", "close END WAIT:m EOF", "ml", LOCAL),
ROW("… or linger_timeout", "close END", "ml", LOCAL, .linger_ms = SOON_MS),
ROW("… which cuts what the peer does not take", "fill:50000 close", "ml",
	ENDS(LOCAL_CLOSE, ETIMEDOUT), .linger_ms = SOON_MS),
ROW("… not when the EOF is here", "EOF WAIT:me close END", "mel", KEEP),
ROW("abort drops the queue", "fill:50000 abort abort END", "ml", LOCAL),
ROW("reset does it with an RST", "reset reset RST", "ml", LOCAL),
ROW("… also with bytes queued, and while closing", "fill:50000 close reset RST",
	"ml", LOCAL),

/* ---- pause_reading, resume_reading ---- */
ROW("pausing and resuming are idempotent", "pause pause SEND:10 GOT:0 resume "
	"resume reading GOT:10 HANGUP", "mdel"),
ROW("resuming what was not paused", "resume reading SEND:10 GOT:10 HANGUP",
	"mdel"),
ROW("all that arrived meanwhile comes on resume", "pause SEND:20000 EOF WAIT:m "
	"resume GOT:20000", "mdel"),
ROW("a resume after close does nothing", "pause SEND:10 close resume deaf END "
	"GOT:0 HANGUP", "ml", LOCAL),
ROW("… nor does a pause", "close deaf SEND:10 END HANGUP", "ml", LOCAL,
	.in_lost = "pause resume deaf"),
ROW("a pause does not keep writes back", "pause fill:70000 WAIT:mp REST WAIT:mpr "
	"resume HANGUP", "mprel"),

/* ---- set_protocol ---- */
ROW("the new protocol gets what comes from now on", "SEND:10 WAIT:md> SEND:10 "
	"GOT:20 HANGUP", "md>del", .in_data = "become"),
ROW("… twice in one callback", "SEND:10 WAIT:md>> SEND:10 GOT:20 HANGUP",
	"md>>del", .in_data = "become become"),
ROW("… neither the old one's timer", "timer:0 become WAIT:m> timer:0 WAIT:m>t "
	"HANGUP", "m>tel"),
ROW("… nor its pause; it is told for itself", "fill:70000 WAIT:mp become WAIT:mp>p "
	"REST WAIT:mp>pr HANGUP", "mp>prel"),
ROW("… and not what it need not know", "fill:70000 WAIT:mp limits:100000/100 "
	"become WAIT:mp> REST HANGUP", "mp>el"),
ROW("reading that was paused stays so", "pause become SEND:10 WAIT:m> resume "
	"GOT:10 HANGUP", "m>del"),
ROW("draining is not told again", "DRAIN become DRAIN WAIT:mD> HANGUP", "mD>el"),
ROW("half-open, it ends the other half", "EOF WAIT:me become write:10 close "
	"READ:10 END", "me>l", KEEP),
ROW("after close it is told the end", "fill:50000 close become REST END HANGUP",
	"m>l", LOCAL),
ROW("… after abort too", "abort become END", "m>l", LOCAL),

/* ---- an id ---- */
ROW("an id finds its transport while it closes", "find close find END HANGUP",
	"ml", LOCAL, .in_lost = "stale"),
ROW("… and until it is told its end", "abort find END", "ml", LOCAL,
	.in_lost = "stale"),

/* ---- timeouts ---- */
ROW("idle_timeout closes in good order", "END HANGUP", "ml",
	ENDS(IDLE_TIMEOUT, 0), .idle_ms = SOON_MS),
ROW("… flushing what is queued", "fill:50000 WAIT:m END HANGUP", "ml",
	ENDS(IDLE_TIMEOUT, 0), .idle_ms = 10 * SOON_MS),
ROW("first_byte_timeout", "write:1 READ:1 END HANGUP", "ml",
	ENDS(FIRST_BYTE_TIMEOUT, 0), .first_byte_ms = SOON_MS),
ROW("lifetime", "SEND:1 WAIT:md END HANGUP", "mdl", ENDS(LIFETIME, 0),
	.lifetime_ms = 10 * SOON_MS),
ROW("write_timeout aborts", "fill:50000", "ml", ENDS(WRITE_TIMEOUT, 0),
	.write_ms = SOON_MS),
};
/* clang-format on */

#endif
