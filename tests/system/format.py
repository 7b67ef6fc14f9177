#!/usr/bin/python3
"""format -- a store of an earlier format is taken along its steps to today's.

format1.store is the data.mdb of a release that wrote format 1 (base64 of xz); the events below are what it was given.
"""
import base64
import lzma
import pathlib
import subprocess

import client
from house import BUILD, House, complete, equal, leaver, starter


def scrub(store):
    p = subprocess.run([str(BUILD / "workforced"), "scrub", str(store)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return p.returncode, p.stdout


def main():
    old = lzma.decompress(base64.b64decode((pathlib.Path(__file__).parent / "format1.store").read_text()))
    with House() as h, House() as new:
        store = h.dir / "store"
        store.mkdir(mode=0o700)
        (store / "data.mdb").write_bytes(old)
        status, said = scrub(store)
        assert status == 0 and "format 1" in said, (status, said)
        h.start()
        new.start()
        p = client.Publisher(new.intake, "hr")
        p.hello()
        p.publish([complete("2015-01-01")])
        p.publish([starter(i, team="asm%d" % (1 + i % 2), effective="2023-%02d-11" % (1 + i % 12)) for i in range(12)])
        p.publish([leaver(i, "2024-02-%02d" % (1 + i)) for i in range(3)] + [leaver(99, "2024-02-02")])
        p.close()
        new.advance("2024-03-05")
        equal("dump", h.ask("dump"), new.ask("dump"))
        equal("sequence", h.status()["sequence"], new.status()["sequence"])
        equal("findings", [r["event"] for _, r in h.ask("findings")], [r["event"] for _, r in new.ask("findings")])
        p = client.Publisher(h.intake, "hr")                # its session goes on, and what is sent twice is known
        equal("durable", p.hello()[2], 17)
        equal("duplicates", [x[1] for x in p.publish([starter(i, team="asm%d" % (1 + i % 2), effective="2023-%02d-11" % (1 + i % 12))
                                                      for i in range(12)])[7]], [client.DUPLICATE] * 12)
        p.close()
        equal("ended", h.end()[0], 0)
        equal("ended", new.end()[0], 0)
        status, said = scrub(store)
        assert status == 0 and "format 1" not in said, (status, said)


main()
