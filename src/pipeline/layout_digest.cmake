# SPDX-License-Identifier: Apache-2.0
# cmake -DFILES=a|b -DOUT=file -P layout_digest.cmake: a header with a digest of these files. What is saved as plain memory can be
# taken up again only by a program whose records are laid out, and meant, in the same way: that is decided by these headers.
string(REPLACE "|" ";" files "${FILES}")
set(digests "")
foreach(file IN LISTS files)
  file(SHA256 ${file} digest)
  string(APPEND digests ${digest})
endforeach()
string(SHA256 digest "${digests}")
string(SUBSTRING ${digest} 0 16 digest)
file(WRITE ${OUT} "#pragma once\nnamespace weir::pipeline {\ninline constexpr char kLayoutDigest[] = \"${digest}\";\n}\n")
