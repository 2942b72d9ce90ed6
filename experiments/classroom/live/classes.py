"""Classes: a teacher opens one, students join by its code, predict, and hand in policies within a public budget."""

from __future__ import annotations

import dataclasses
import secrets
import time
from typing import NamedTuple

from experiments.classroom.live.refusal import Refusal
from experiments.classroom.live.setting import Setting
from experiments.classroom.words import _

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
    """A class: its code, the lesson, the budget, and the students by their tokens."""

    code: str
    lesson: str
    answers: int
    budget: float
    students: dict[str, Student] = dataclasses.field(default_factory=dict)
    shown: bool = False  # whether the answers are shown to all
    closed: bool = False  # by the teacher, or forgotten
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
        """A new class. Refusal if there are too many, or for a budget that is none."""
        self.forget_idle()
        if len(self._classes) >= MOST_CLASSES:
            raise Refusal(_("there are {number} classes already; close one"), number=MOST_CLASSES)
        if not 0.0 < budget <= 1e9:
            raise Refusal(_("budget={budget}: EUR a year above zero are needed"), budget=f"{budget:g}")
        code = next(code for code in iter(_new_code, None) if code not in self._classes)
        opened = Class(code, lesson, answers, budget, used=self._clock())
        self._classes[code] = opened
        return opened

    def find(self, code: str) -> Class:
        """The class of a code. Refusal for an unknown one."""
        found = self._classes.get(code.strip().upper()[: 2 * CODE_LENGTH])
        if found is None:
            raise Refusal(_("no class has this code; ask your teacher for it again"))
        found.used = self._clock()
        return found

    def join(self, code: str) -> tuple[Class, str]:
        """A class and the token of a new student. Refusal for an unknown code or a full class."""
        found = self.find(code)
        if len(found.students) >= MOST_STUDENTS:
            raise Refusal(_("this class is full ({number} students)"), number=MOST_STUDENTS)
        token = secrets.token_urlsafe(24)
        found.students[token] = Student()
        return found, token

    def close(self, code: str) -> None:
        """Forget a class with all that was handed in."""
        closed = self._classes.pop(code, None)
        if closed is not None:
            closed.closed = True
            closed.students.clear()

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
    """Keep a student's prediction. Refusal for one who is not in the class, and once the answers are shown."""
    student = _student(room, token)
    if room.shown:
        raise Refusal(_("the answers are shown already; predictions are closed"))
    if answer not in range(room.answers):
        raise Refusal(_("answer {answer}: there are {number}"), answer=f"{answer}"[:20], number=room.answers)
    student.prediction = answer


def check_policy(room: Class, token: str, cost: float, costs_more: bool) -> None:
    """Refusal for a policy that passes the budget, whose cost is known only afterwards, or after too many of them."""
    student = _student(room, token)
    if costs_more:
        raise Refusal(_("persons held are an experiment, whose cost is known only afterwards; leave it out"))
    if cost > room.budget * (1.0 + 1e-9):
        text = _("the policy costs {cost} EUR a year, and the budget is {budget}")
        raise Refusal(text, cost=cost, budget=room.budget)
    if len(student.tries) >= MOST_TRIES:
        raise Refusal(_("{number} policies are handed in already, which is the most"), number=MOST_TRIES)


def hand_in(room: Class, token: str, tried: Try, costs_more: bool) -> None:
    """Keep a policy of a student. Refusal as `check_policy` has it."""
    check_policy(room, token, tried.cost, costs_more)
    _student(room, token).tries.append(tried)


def _student(room: Class, token: str) -> Student:
    if room.closed:
        raise Refusal(_("this class is closed; what was handed in is forgotten"))
    if token not in room.students:
        raise Refusal(_("you are not in this class any more; join it again"))
    return room.students[token]
