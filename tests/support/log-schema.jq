# SPDX-License-Identifier: MIT
# log-schema.jq - is each line what src/base/log_line.h says?  Prints what is
# not.  Use: jq -nRr -f log-schema.jq LOG

def required: {time: "string", level: "string", pid: "number", role: "string", event: "string"};
def optional: {worker: "number", worker_pid: "number", generation: "number", service: "string",
	connection: "string", reason: "string", error: "string"};
def words: {message: "string"};
def access: {peer: "string", local: "string", duration_ms: "number", received_bytes: "number",
	sent_bytes: "number", rtt_us: "number"};

# An access line has no message, and every number of its own but rtt_us.
def fits:
	. as $line
	| (if has("message") then required + words else
		required + {duration_ms: "number", received_bytes: "number", sent_bytes: "number",
			service: "string", reason: "string"} end) as $must
	| (if has("message") then required + optional + words else required + optional + access end) as $may
	| all($must | keys[]; in($line))
	and all($line | to_entries[]; $may[.key] == (.value | type))
	and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$"))
	and (.level | IN("debug", "info", "warning", "error"))
	and ((.connection // "1-1") | test("^[0-9]+-[0-9]+$"))
	and ((.role == "worker") <= (has("worker") and has("generation")));

inputs
| . as $text
| (try (fromjson | if fits then empty else $text end) catch $text)
