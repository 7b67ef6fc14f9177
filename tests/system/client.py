"""client -- publishes, asks and listens by PROTOCOL.md alone: zmq and msgpack, none of libworkforce."""
import datetime
import decimal
import json

import msgpack
import zmq

HELLO, WELCOME, EVENTS, REPLY, NACK, ASK, ANSWER, FAILED, STREAM = range(1, 10)
DUPLICATE, REFUSED = 1, 2


def day(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def event(source, org, type_, id_, subject, effective, data=None, time=None, **more):
    """One event as bytes; `effective` a date or its number, `time` milliseconds (default: noon of the effective day, or 2020)."""
    d = effective if isinstance(effective, int) else day(effective)
    e = {"id": id_, "source": source, "type": type_, "time": min(d, day("2020-01-01")) * 86400000 + 43200000 if time is None else time,
         "subject": subject, "org": org, "effective": d}
    e.update(more)
    e["data"] = data or {}
    return msgpack.packb(e)


MILLIONTHS = {"fte", "hours", "full_time_hours", "agency_fte", "share", "first_share", "last_share"}
DAYS = {"last", "since", "until", "qualified_on", "registered_from", "temporary_until", "notified_on"}


def from_json(line):
    """A CloudEvents JSON line as the bytes of the same event (P5.11)."""
    e = json.loads(line)
    del e["specversion"]
    e["effective"] = day(e["effective"])
    when = datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00"))
    e["time"] = (when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(milliseconds=1)
    for k, v in e.get("data", {}).items():
        if v is not None and k in MILLIONTHS:
            e["data"][k] = int(decimal.Decimal(v) * 1000000)
        elif v is not None and k in DAYS:
            e["data"][k] = day(v)
    return msgpack.packb(e)


class Failed(Exception):
    """The daemon's own refusal: code and text."""


class Peer:
    def __init__(self, endpoint, kind=zmq.DEALER, timeout=5.0):
        self.socket = zmq.Context.instance().socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 5)
        self.socket.connect(endpoint)
        self.timeout = timeout

    def close(self):
        self.socket.close()

    def receive(self, timeout=None):
        """The last frame of the next message, unpacked; None: nothing came."""
        if not self.socket.poll(int((self.timeout if timeout is None else timeout) * 1000)):
            return None
        return msgpack.unpackb(self.socket.recv_multipart()[-1], strict_map_key=False)


class Publisher(Peer):
    def __init__(self, endpoint, source, epoch=1, timeout=5.0):
        super().__init__(endpoint, timeout=timeout)
        self.source, self.epoch, self.next = source, epoch, 1

    def hello(self):
        """The WELCOME (or NACK); goes on after what is durable."""
        self.socket.send(msgpack.packb([HELLO, self.source, self.epoch, 1, 0]))
        answer = self.receive()
        if answer and answer[0] == WELCOME:
            self.next = answer[2] + 1
        return answer

    def send(self, events, first=None):
        """One frame; with `first` numbered by hand."""
        self.socket.send(msgpack.packb([EVENTS, self.source, self.epoch, first or self.next, list(events)]))
        if first is None:
            self.next += len(events)

    def publish(self, events):
        """Sends one frame and waits for its REPLY or NACK."""
        self.send(events)
        return self.receive()


def ask(endpoint, verb, timeout=10.0, **arguments):
    """Rows of the answer as (kind, map). Raises Failed, or TimeoutError."""
    peer, rows = Peer(endpoint, timeout=timeout), []
    try:
        peer.socket.send(msgpack.packb([ASK, 7, verb, arguments]))
        while True:
            m = peer.receive()
            if m is None:
                raise TimeoutError(verb)
            if m[0] == FAILED:
                raise Failed(m[2], m[3])
            rows += [(kind, row) for kind, row in pairs(m[3])]
            if not m[2]:
                return rows
    finally:
        peer.close()


def pairs(rows):
    return rows if not rows or isinstance(rows[0], (list, tuple)) else zip(rows[::2], rows[1::2])


class Listener(Peer):
    def __init__(self, endpoint, *topics):
        super().__init__(endpoint, kind=zmq.SUB)
        for t in topics or ("",):
            self.socket.setsockopt(zmq.SUBSCRIBE, t.encode())

    def message(self, timeout=None):
        """(topic, number, previous, kind, row) or None."""
        if not self.socket.poll(int((self.timeout if timeout is None else timeout) * 1000)):
            return None
        topic, payload = self.socket.recv_multipart()
        m = msgpack.unpackb(payload, strict_map_key=False)
        return (topic.decode(), *m[1:])
