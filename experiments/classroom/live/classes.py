"""Classes: a teacher opens one, students join by its code, predict, and hand in policies within a public budget."""

from __future__ import annotations

import dataclasses
import secrets
import time
from typing import NamedTuple

from experiments.classroom.live.setting import Setting
from sim.configuration import ConfigurationError

MOST_CLASSES, MOST_STUDENTS, MOST_TRIES = 50, 200, 20
IDLE_SECONDS = 2 * 3600.0  # after which a class that nobody uses is forgotten
LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"  # no vowels, and nothing that looks like another
CODE_LENGTH = 6


class Try(NamedTuple):
    """A policy that was handed in: its cost, and its effect on persons exploited a day."""

    setting: Setting
    cost: float
    effect: float


@dataclasses.dataclass
class Student:
    """One who joined; nobody has a name."""

    prediction: int | None = None
    tries: list[Try] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Class:
    """A class: its code, what the teacher alone knows, the lesson, the budget, and the students by their tokens."""

    code: str
    key: str
    lesson: str
    answers: int
    budget: float
    students: dict[str, Student] = dataclasses.field(default_factory=dict)
    shown: bool = False  # whether the answers are shown to all
    used: float = 0.0

    def predictions(self) -> list[int]:
        """How many students gave each answer."""
        given = [student.prediction for student in self.students.values()]
        return [given.count(answer) for answer in range(self.answers)]

    def best(self) -> Try | None:
        """The policy that leaves fewest persons exploited."""
        tries = [one for student in self.students.values() for one in student.tries]
        return min(tries, key=lambda one: one.effect, default=None)

    def regrets(self) -> list[float]:
        """For each student who handed in something: by how much their best policy falls short of the best of all."""
        best = self.best()
        if best is None:
            return []
        return sorted(min(one.effect for one in s.tries) - best.effect for s in self.students.values() if s.tries)


class Classes:
    """All classes, in memory; one that nobody has used for a while is forgotten."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._classes: dict[str, Class] = {}

    def __len__(self) -> int:
        return len(self._classes)

    def open(self, lesson: str, answers: int, budget: float) -> Class:
        """A new class. ConfigurationError if there are too many, or for a budget that is none."""
        self.forget_idle()
        if len(self._classes) >= MOST_CLASSES:
            raise ConfigurationError(f"there are {MOST_CLASSES} classes already; close one")
        if not 0.0 < budget <= 1e9:
            raise ConfigurationError(f"budget={budget:g}: EUR a year above zero are needed")
        code = next(code for code in iter(_new_code, None) if code not in self._classes)
        opened = Class(code, secrets.token_urlsafe(24), lesson, answers, budget, used=self._clock())
        self._classes[code] = opened
        return opened

    def find(self, code: str) -> Class:
        """The class of a code. ConfigurationError for an unknown one."""
        found = self._classes.get(code.strip().upper()[: 2 * CODE_LENGTH])
        if found is None:
            raise ConfigurationError("no class has this code; ask your teacher for it again")
        found.used = self._clock()
        return found

    def join(self, code: str) -> tuple[Class, str]:
        """A class and the token of a new student. ConfigurationError for an unknown code or a full class."""
        found = self.find(code)
        if len(found.students) >= MOST_STUDENTS:
            raise ConfigurationError(f"this class is full ({MOST_STUDENTS} students)")
        token = secrets.token_urlsafe(24)
        found.students[token] = Student()
        return found, token

    def close(self, code: str) -> None:
        """Forget a class with all that was handed in."""
        self._classes.pop(code, None)

    def forget_idle(self) -> int:
        """Forget classes that nobody has used for a while; returns how many."""
        now = self._clock()
        idle = [code for code, one in self._classes.items() if now - one.used > IDLE_SECONDS]
        for code in idle:
            self.close(code)
        return len(idle)


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def predict(room: Class, token: str, answer: int) -> None:
    """Keep a student's prediction. ConfigurationError for one who is not in the class, and once the answers are shown."""
    student = _student(room, token)
    if room.shown:
        raise ConfigurationError("the answers are shown already; predictions are closed")
    if answer not in range(room.answers):
        raise ConfigurationError(f"answer {answer}: there are {room.answers}")
    student.prediction = answer


def hand_in(room: Class, token: str, tried: Try, costs_more: bool) -> None:
    """Keep a policy of a student. ConfigurationError if it passes the budget or its cost is known only afterwards."""
    student = _student(room, token)
    if costs_more:
        raise ConfigurationError("persons held are an experiment, whose cost is known only afterwards; leave it out")
    if tried.cost > room.budget * (1.0 + 1e-9):
        raise ConfigurationError(f"the policy costs {tried.cost:,.0f} EUR a year, and the budget is {room.budget:,.0f}")
    if len(student.tries) >= MOST_TRIES:
        raise ConfigurationError(f"{MOST_TRIES} policies are handed in already, which is the most")
    student.tries.append(tried)


def _student(room: Class, token: str) -> Student:
    if token not in room.students:
        raise ConfigurationError("you are not in this class any more; join it again")
    return room.students[token]
