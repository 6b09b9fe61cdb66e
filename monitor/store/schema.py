"""The tables, the same on SQLite and PostgreSQL.

Times are ms since 1970 UTC in big integers: both databases compare and index them alike, and so do
the stations. ``station`` is the station's code; a ``place`` is a path of the region tree, largest
unit first (``vn/thanh-hoa/bim-son``), so that a branch is a prefix.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

tables = MetaData()

place = Table(
    "place",
    tables,
    Column("path", String(200), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("population", Integer, nullable=False, default=0),  # people to enrol
    Column("due", Integer),  # local day yyyymmdd on which all must be done
    Column("started", Integer),  # local day yyyymmdd
    Column("sets", Integer),
    Column("hours", Float),  # open hours a day
)
"""The region tree: data, never code."""

station = Table(
    "station",
    tables,
    Column("station", String(16), primary_key=True),
    Column("group", String(64), nullable=False, index=True),  # Sparkplug group id
    Column("name", String(120), nullable=False, default=""),
    Column("place", String(200), nullable=False, default="", index=True),
    Column("online", Boolean, nullable=False, default=False),
    Column("bd_seq", Integer),
    Column("born_at", BigInteger),
    Column("died_at", BigInteger),
    Column("heard_at", BigInteger, nullable=False, default=0),
    Column("changed_at", BigInteger, nullable=False, default=0, index=True),  # host's clock
)
"""One row a booth. ``changed_at`` moves with anything a page shows of it."""

figure = Table(
    "figure",
    tables,
    Column("station", String(16), primary_key=True),
    Column("device", String(16), primary_key=True),  # "": the node
    Column("name", String(64), primary_key=True),
    Column("number", Float),
    Column("text", Text),
    Column("at", BigInteger, nullable=False),
    Column("stale", Boolean, nullable=False, default=False),
    sqlite_with_rowid=False,  # the key is the row: half the work of an update
)
"""The newest value of every live figure. A boolean is number 0 or 1; both null: Sparkplug null."""

fact = Table(
    "fact",
    tables,
    Column("station", String(16), primary_key=True),
    Column("epoch", String(8), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("boot", String(8), nullable=False),
    Column("mono", BigInteger, nullable=False),
    Column("trusted", Boolean, nullable=False),
    Column("dated", BigInteger),  # wall time once it can be told; null until then
    Column("received_at", BigInteger, nullable=False),
    Column("entry", LargeBinary, nullable=False),  # as it was on the wire: the chain is over these
)
Index("fact_when", fact.c.station, fact.c.kind, fact.c.dated)
Index("fact_of_day", fact.c.kind, fact.c.dated)
Index(
    "fact_undated",
    fact.c.station,
    fact.c.boot,
    sqlite_where=fact.c.dated.is_(None),
    postgresql_where=fact.c.dated.is_(None),
)
"""The facts themselves; nothing else counts what was done."""

ledger = Table(
    "ledger",
    tables,
    Column("station", String(16), primary_key=True),
    Column("epoch", String(8), primary_key=True),
    Column("through", Integer, nullable=False, default=0),  # facts 1…through are all here
    Column("chain", LargeBinary, nullable=False),  # 32 bytes, over 1…through
    Column("rows", Integer, nullable=False, default=0),  # last journal row covered
    Column("total", Integer, nullable=False, default=0),  # newest fact the station told of
    Column("newest", Integer, nullable=False, default=0),  # highest number held here
    Column("since", BigInteger, nullable=False),
    Column("quarrel", Text),  # what does not agree, in words; null: nothing
)
"""Per journal of a station: what we hold without a gap, and the proof of it."""

day = Table(
    "day",
    tables,
    Column("station", String(16), primary_key=True),
    Column("epoch", String(8), primary_key=True),
    Column("number", Integer, primary_key=True),  # of the DayClosed fact
    Column("day", Integer, nullable=False, index=True),  # local, yyyymmdd; may come in parts
    Column("said_facts", Integer, nullable=False),
    Column("said_sealed", Integer, nullable=False),
    Column("said_referred", Integer, nullable=False),
    Column("said_refused", Integer, nullable=False),
    Column("said_abandoned", Integer, nullable=False),
    Column("tickets", Integer, nullable=False),  # these two only the station can count
    Column("no_shows", Integer, nullable=False),
    Column("rows", Integer, nullable=False),  # last journal row of the day
    Column("journal", LargeBinary, nullable=False),  # 16 bytes, start of that row's hash
    Column("held_facts", Integer, nullable=False),
    Column("held_sealed", Integer, nullable=False),
    Column("held_referred", Integer, nullable=False),
    Column("held_refused", Integer, nullable=False),
    Column("held_abandoned", Integer, nullable=False),
    Column("agrees", Boolean, nullable=False),
)
Index("day_amiss", day.c.day, sqlite_where=~day.c.agrees, postgresql_where=~day.c.agrees)
"""What the station counted in a day, and what we hold of it: once nothing before it is missing."""

hour = Table(
    "hour",
    tables,
    Column("station", String(16), primary_key=True),
    Column("at", BigInteger, primary_key=True),  # start of the hour, ms UTC
    Column("sealed", Integer, nullable=False, default=0),
    Column("referred", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
    Column("abandoned", Integer, nullable=False, default=0),
    Column("forced", Integer, nullable=False, default=0),
    Column("retries", Integer, nullable=False, default=0),
    Column("missing_fingers", Integer, nullable=False, default=0),
    Column("waited_s", BigInteger, nullable=False, default=0),  # sums over the ended dossiers
    Column("identify_s", BigInteger, nullable=False, default=0),
    Column("portrait_s", BigInteger, nullable=False, default=0),
    Column("fingers_s", BigInteger, nullable=False, default=0),
    Column("review_s", BigInteger, nullable=False, default=0),
    Column("papers_s", BigInteger, nullable=False, default=0),
    Column("device_wait_s", BigInteger, nullable=False, default=0),
    Column("total_s", BigInteger, nullable=False, default=0),
)
Index("hour_at", hour.c.at)
"""Sums by station and hour, written in the transaction that stores the facts they come from."""

spell = Table(
    "spell",
    tables,
    Column("station", String(16), primary_key=True),
    Column("device", String(16), primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("until", BigInteger),
    Column("up", Boolean, nullable=False),
)
"""Availability from births and deaths: spells of being there and not, the last one open."""

alarm = Table(
    "alarm",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("place", String(200), nullable=False),  # the branch, or the station's place
    Column("station", String(16)),  # null: of a whole branch
    Column("device", String(16), nullable=False, default=""),
    Column("severity", SmallInteger, nullable=False),  # 1 act now, 2 act today, 3 know
    Column("raised_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger, index=True),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", String(64)),
    Column("note", Text),
    Column("held", Boolean, nullable=False, default=False),  # flapping
    Column("detail", Text, nullable=False, default="{}"),  # JSON for the sentence
)

told = Table(
    "told",
    tables,
    Column("alarm", Integer, primary_key=True),
    Column("way", String(16), primary_key=True),  # "webhook" or "mail"
    Column("over", Boolean, primary_key=True),  # its end, not its beginning
    Column("at", BigInteger, nullable=False),
)
"""Which alarms were sent on, so that each is sent once over restarts and absences."""

command = Table(
    "command",
    tables,
    Column("id", String(16), primary_key=True),
    Column("station", String(16), nullable=False, index=True),
    Column("order", Text, nullable=False),  # JSON
    Column("wire", LargeBinary, nullable=False),  # signed
    Column("by", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("outcome", String(16)),
)
"""An ingest worker publishes what is not expired or answered yet, while the booth is there."""

log = Table(
    "log",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("station", String(16), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),  # host's clock
    Column("body", LargeBinary, nullable=False),  # gzip of UTF-8 text, as it came
)
"""The last logs that a booth sent when it was told to."""

contact = Table(
    "contact",
    tables,
    Column("of", String(200), primary_key=True),  # a station's code, or the path of a place
    Column("who", String(16), primary_key=True),  # "booth" or "technician"
    Column("name", String(120), nullable=False),
    Column("phone", String(40), nullable=False),
)
"""Whom to call. A place's are of all its booths that have none of their own."""

account = Table(
    "account",
    tables,
    Column("name", String(64), primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # scrypt, salt first
    Column("role", String(16), nullable=False),
    Column("branch", String(200), nullable=False),  # sees and commands this branch only
)

session = Table(
    "session",
    tables,
    Column("key", String(64), primary_key=True),  # SHA-256 of the token, which is nowhere here
    Column("account", String(64), nullable=False, index=True),
    Column("mark", String(64), nullable=False),  # of password, role and branch when it was opened
    Column("opened_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
)
"""Who is signed in: a restart of the pages signs nobody out."""

audit = Table(
    "audit",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("who", String(64), nullable=False),
    Column("what", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("note", Text, nullable=False, default=""),
)
