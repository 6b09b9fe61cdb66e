"""What the Pico knows of print jobs: the one under way, those owed, torn and done.

A job is (id, number of chunks, digest). Once every chunk of it is here it is *owed*: nothing cuts
it off or forgets it, whichever job is begun next, until the printer has proven it. Those given up
half-way are remembered as torn, because the Pi may still believe that they stand half-way. The
last ones done are kept in flash.
"""

import flash

KEPT = 8


class Job:
    """``taken``: chunks that the Pico has; ``sent``: those of them that have left the UART."""

    def __init__(self, number: int, total: int, digest: str, place: int) -> None:
        self.number = number
        self.total = total
        self.digest = digest
        self.taken = place
        self.sent = place

    def matches(self, number: int, total: int, digest: str) -> bool:
        return self.number == number and self.digest == digest and self.total == total

    def half_way(self) -> bool:
        return 0 < self.taken < self.total

    def whole(self) -> bool:
        """Whether all of it has left the UART."""
        return self.sent == self.total


class Jobs:
    """``current`` is the job begun last; its number is 0 when there was none."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.current = Job(0, 0, "", 0)
        self._owed: "list[Job]" = []
        self._torn: "list[Job]" = []
        self._done = [(int(number), str(digest)) for number, digest in flash.load(path)]

    def take_up(self, number: int, total: int, digest: str, first: int) -> None:
        """Make this the current job. ``first``, where the Pi would go on, counts for one that is
        not known here.
        """
        for job in self._owed:
            if job.matches(number, total, digest):
                self.current = job
                return
        if (number, digest) in self._done:
            self.current = Job(number, total, digest, total)
            return
        torn = [job for job in self._torn if job.matches(number, total, digest)]
        self.current = Job(number, total, digest, 0 if torn else min(first, total))
        if self.current.whole():
            self._owe(self.current)

    def took(self) -> None:
        """The current job's next chunk is here."""
        self.current.taken += 1
        if self.current.taken == self.current.total:
            self._owe(self.current)

    def done(self) -> bool:
        """Whether all of the current job is printed."""
        return (self.current.number, self.current.digest) in self._done

    def tear(self, job: Job) -> None:
        """What is printed of it is cut off: it will start anew."""
        self._torn = self._torn[1 - KEPT :]
        self._torn.append(job)

    def unproven(self) -> "Job | None":
        """The last one that has left the UART and is not proven: its proof proves all of them."""
        for job in reversed(self._owed):
            if job.whole():
                return job
        return None

    def proven(self, job: Job) -> None:
        """The printer has printed ``job``, and so all that was sent before it."""
        while job in self._owed:
            done = self._owed.pop(0)
            self._done = self._done[1 - KEPT :]
            self._done.append((done.number, done.digest))
            flash.store(self._path, [[number, digest] for number, digest in self._done])

    def lose(self) -> bool:
        """What was not sent whole starts anew; gives whether a part of any was sent."""
        begun = False
        for job in self._owed + [self.current]:
            if not job.whole():
                if job.sent:
                    begun = True
                    self.tear(job)
                job.taken = job.sent = 0
        self._owed = [job for job in self._owed if job.whole()]
        return begun

    def _owe(self, job: Job) -> None:
        self._owed = self._owed[1 - KEPT :]
        self._owed.append(job)
