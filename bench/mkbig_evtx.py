#!/usr/bin/env python3
"""mkbig_evtx.py OUT.evtx CHUNKS IN.evtx... - one large log out of real chunks.

Takes the full, intact chunks (both checksums right, at least half of the chunk
used) of the given logs in turn until OUT has CHUNKS of them, gives the records
new rising ids, empties the slack behind them and mends the checksums, so that
every reader accepts the file and finds the same records."""
import struct, sys, zlib

HEADER, CHUNK = 4096, 65536


def intact(chunk):
    if len(chunk) != CHUNK or chunk[:8] != b"ElfChnk\0":
        return False
    free, data_crc = struct.unpack_from("<II", chunk, 48)
    head_crc = struct.unpack_from("<I", chunk, 124)[0]
    return (32768 <= free <= CHUNK and zlib.crc32(chunk[512:free]) == data_crc
            and zlib.crc32(chunk[:120] + chunk[128:512]) == head_crc)


def renumbered(chunk, first):
    """The chunk with record ids from `first` on; the next free id."""
    c = bytearray(chunk)
    free, at, n = struct.unpack_from("<I", c, 48)[0], 512, 0
    while at + 28 <= free and c[at:at + 4] == b"**\0\0":
        struct.pack_into("<Q", c, at + 8, first + n)
        at += struct.unpack_from("<I", c, at + 4)[0]
        n += 1
    c[free:] = bytes(CHUNK - free)
    struct.pack_into("<QQQQ", c, 8, first, first + n - 1, first, first + n - 1)
    struct.pack_into("<I", c, 52, zlib.crc32(c[512:free]))
    struct.pack_into("<I", c, 124, zlib.crc32(c[:120] + c[128:512]))
    return bytes(c), first + n


def main():
    out, want, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    chunks = []
    for path in paths:
        data = open(path, "rb").read()
        chunks += [data[at:at + CHUNK] for at in range(HEADER, len(data), CHUNK)
                   if intact(data[at:at + CHUNK])]
    if not chunks:
        sys.exit("no intact chunks in these files")
    with open(out, "wb") as f:
        f.write(b"\0" * HEADER)
        next_id = 1
        for i in range(want):
            chunk, next_id = renumbered(chunks[i % len(chunks)], next_id)
            f.write(chunk)
        head = bytearray(HEADER)
        struct.pack_into("<8sQQQIHHHH", head, 0, b"ElfFile\0", 0, want - 1, next_id, 128, 1, 3, HEADER,
                         min(want, 0xFFFF))
        struct.pack_into("<I", head, 124, zlib.crc32(head[:120]))
        f.seek(0)
        f.write(head)
    print(f"{out}: {want} chunks ({len(chunks)} distinct), {next_id - 1} records")


main()
