# SPDX-License-Identifier: MIT
# code.awk - C sources as `FILE:LINE:CODE`, without comments and with empty
# strings (those of #include excepted), so that words in them match nothing.
FNR == 1 { inside = 0 }
{
	line = $0
	code = ""
	keep = line ~ /^#[ \t]*include/
	while (line != "") {
		if (inside) {
			end = index(line, "*/")
			if (!end)
				break
			line = substr(line, end + 2)
			inside = 0
		}
		if (!match(line, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\*|\/\//)) {
			code = code line
			break
		}
		token = substr(line, RSTART, RLENGTH)
		code = code substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		if (token == "//")
			break
		if (token == "/*")
			inside = 1
		else
			code = code (keep ? token : "\"\"")
	}
	print FILENAME ":" FNR ":" code
}
