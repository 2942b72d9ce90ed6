"""Random streams and the draws of each: the decision that every random number of an agent serves.

A stream serves one decision or a few that belong together; a substream of it belongs to one agent on one day
(`sim.engine.chance`). Each stream is followed by the enumeration of its draws; a stream with a single draw has `ONLY`. A choice
among many uses the uid of each candidate as its draw, offset where such draws would collide with the enumeration. Numbers of
streams and draws are part of a world's identity: append, never renumber.
"""

from __future__ import annotations

import numpy as np

U64 = np.uint64
ONLY = 0

BIRTH = U64(1)  # attributes of an agent, drawn once
BOSS_AGE, BOSS_SEX, BOSS_UNQUALIFIED, BOSS_CONVICTED, BOSS_CONVICTIONS, BOSS_PAY, BOSS_TEAM, BOSS_ONE_OFF, BOSS_PLANS = range(9)
BOSS_LEAVING_PAIR = 5  # draws 10 and 11
PROVIDER_AGE, PROVIDER_SEX, PROVIDER_UNQUALIFIED, PROVIDER_CONVICTED, PROVIDER_CONVICTIONS = range(5)
PROVIDER_LOGISTICS, PROVIDER_WATCH, PROVIDER_RECRUITING, PROVIDER_INSECURITY, PROVIDER_INSECURE = range(5, 10)
PROVIDER_RESERVATION_PAIR = 6  # normal numbers count pairs of draws: 12 and 13
PERSON_AGE, PERSON_SEX, PERSON_VIOLENCE, PERSON_INTENTION, PERSON_VULNERABILITY, PERSON_TRUST, PERSON_AWARE = range(7)
PERSON_ATTEMPT_PAIR = 4  # draws 8 and 9
CLIENT_RATE_PAIR, CLIENT_WILLINGNESS_PAIR, CLIENT_DISTANCE_PAIR = range(3)  # draws 0 to 5
CLIENT_REPORT = 6
CLIENT_TASTE_PAIR = 4  # and one more per kind of venue: draws from 8
DAY_OF_BIRTH, DAY_OF_HISTORY, DAY_OF_CONTACTS = 0, -1, -2  # "days" of the stream: attributes; at the start, the past and contacts
START_TIME_IN_ROLE, START_READY, START_PRISON, START_PRISON_DAYS = range(4)  # Bosses and Providers on the day of history
START_AGE, START_BOSS, START_INDEPENDENT, START_INDEPENDENT_DAYS, START_ACQUAINTED = range(5)  # persons on the day of history

ARRIVALS = U64(2)  # how many arrive in a territory
ARRIVING_PERSONS, ARRIVING_BOSSES, ARRIVING_PROVIDERS = range(3)
BOSS_CANDIDATE, PROVIDER_CANDIDATE = 3, 4  # of the first candidate
DRAWS_PER_CANDIDATE = 2

SEARCH_DAY = U64(3)  # on which day a client searches next
SEARCH_ACCEPT = U64(4)  # whether the search takes place, given fear and campaigns
SEARCH_TICKET = U64(5)  # who comes first to a scarce appointment
SEARCH_CHOICE = U64(6)  # platform, offers seen, taste of the day; draw `offer.uid` for each offer
CHOICE_CHANNEL, CHOICE_OUTSIDE, CHOICE_OTHER_CHANNEL = range(1 << 40, (1 << 40) + 3)  # apart from the offers' uids
CHOICE_SWITCHES, CHOICE_SITE = range((1 << 40) + 3, (1 << 40) + 5)  # of a client who found nothing in a channel
SEARCH_RETRY = U64(7)  # whether a client who found nothing tries again

REPORT = U64(8)  # reports by clients, staff, families and schools
RESPONSE = U64(20)  # whether police answer a report

LAUNCH = U64(9)  # where a Boss launches, for how long, with how many; draw `mix(territory.uid + kind)` for each cell
LAUNCH_LENGTH_PAIR = 0  # draws 0 and 1
LAUNCH_OTHER_WORK_DAYS, LAUNCH_OUTSIDE_DAYS, LAUNCH_CHANNEL, LAUNCH_VENUE, LAUNCH_OTHER_CHANNEL = range(4, 9)
LAUNCH_WAIT, LAUNCH_OTHER_WORK, LAUNCH_OUTSIDE = range(999_983, 999_986)  # noise of the options that are not a cell
LAUNCH_TICKET = U64(10)  # who comes first to a scarce person or Provider
TICKET_DECIDING, TICKET_RUNNING = range(2)
TOUR = U64(27)
TOUR_BEGINS, TOUR_DAYS = range(2)
CO_BOSS = U64(45)  # who joins in a Plan; draw `uid` for each acquainted Boss
CO_BOSS_ASKED = 0

RECRUIT = U64(11)  # recruitment by a Boss: the k-th place is filled by draw k; draw `uid + 1` for each person found
LEND = U64(12)  # whether an acquainted Boss lends a person; draw `uid` for each of them
HIRE = U64(13)  # which Provider is asked, and whether they accept; draw `uid` for each Provider
HIRE_REFERRAL = 0
HIRE_ACQUAINTANCE = 100  # added to the Boss's uid instead of a slot: whom one gets to know under bonding
PROVIDER_DAY = U64(14)  # a Provider leaves a task (draw `plan.uid + slot`) or takes other work
PROVIDER_OTHER_WORK, PROVIDER_OTHER_WORK_DAYS = range(2)
BONDING = U64(15)  # whether a Boss-Provider pair is bonded: draw `provider.uid`

LEAVE = U64(16)  # attempts to leave, and their success
LEAVE_ATTEMPT, LEAVE_SUCCESS, LEAVE_DESTINATION, LEAVE_DAYS, LEAVE_LOSES_HOLD, LEAVE_INTENTION = range(6)
AFTER = U64(26)  # the end of a Plan
AFTER_SUPPLIES, AFTER_REST = range(2)
AT_RISK = U64(17)  # early detection, and leaving risk with time
RISK_RELAPSE, RISK_DETECTED, RISK_PASSES = range(3)
PREVENT = U64(48)  # prevention
RUNAWAY = U64(47)  # spells of running away
RUNAWAY_BEGINS, RUNAWAY_DAYS = range(2)
TAKE_ON = U64(49)  # to which Boss one left alone is tied; draw `uid` for each Boss
TAKE_ON_HAPPENS, TAKE_ON_TICKET = range(2)

VISIT = U64(18)  # inspections; draw `plan.uid + k` for each Plan in the venue of visit k
PATROL = U64(19)  # street patrols, the same
LEVER_VISIT = U64(28)  # visits added by a lever, apart from the baseline's
LEVER_PATROL = U64(29)
VISITS = 0
VISIT_CELL, VISIT_VENUE = 1, 2  # of the first visit
DRAWS_PER_VISIT = 8
ARREST = U64(21)  # who is arrested, who is recognised, when a Plan is broken up
ARREST_OFFENDER = 0
ARREST_RECOGNISED, ARREST_EXIT, ARREST_TREATED_AS_OFFENDER = range(3)  # of a person
ARREST_TICKET = 3
REMOVAL = U64(25)  # who is taken by the arrest of one role
TESTIMONY = U64(34)  # whether a recognised victim testifies
FINE = U64(32)  # whether a client is fined at an appointment
COURSE = U64(33)  # how many places awareness courses have
ONLINE = U64(30)  # how many ads are read (draw 0); which ad is the k-th is decided by draw k, from 1
LEVER_ONLINE = U64(31)  # the same for what a lever adds
ADS_READ = 0
FIRST_AD = 1

JUSTICE = U64(22)  # prosecution, prison, relapse
JUSTICE_PROSECUTED, JUSTICE_DETAINED = range(2)
JUSTICE_PRISON_PAIR = 1  # draws 2 and 3
JUSTICE_RELAPSE, JUSTICE_LEAVES = 4, 5
CAREER = U64(23)  # Bosses and Providers who leave
PROMOTION = U64(44)  # which Provider becomes a Boss; BOSS_PAY, BOSS_TEAM and BOSS_LEAVING_PAIR are drawn from it too, on day 0
PROMOTION_HAPPENS, PROMOTION_TICKET = range(2)
TAKEOVER = U64(46)  # who takes over from a Boss who is jailed; draw `uid` for each Provider
TAKEOVER_BY_PARTNER, TAKEOVER_BY_PROVIDER, TAKEOVER_TICKET = range(3)
WORD = U64(24)  # whether word passes between two acquainted Bosses: draw `uid` of the other

MIGRATION = U64(35)  # what the closure of a site does to one who used it: drawn once for a pair of person and site
MIGRATES, MIGRATION_FATE, MIGRATION_LAG = range(3)  # of the first site
DRAWS_PER_SITE = 8
MOVE_ADS = U64(51)  # to which site the ads of a running Plan move

STREET_ROUND = U64(36)  # whom a round meets
PERSONAL = U64(37)  # to whom a personal message goes
MASS = U64(38)  # to whom a mass message goes
REACH_TICKET, REACH_NUMBER = range(2)  # of the three streams above: a person's turn, a team's number
SITE_OF_PERSON = 0  # of MIGRATION, for those whom outreach looks for
ANSWER = U64(39)  # whether a message is answered
ANSWERED, ANSWER_POSITIVE = range(2)  # of the first channel
DRAWS_PER_CHANNEL = 4
ANSWER_CONTACT_LOST = 3 * DRAWS_PER_CHANNEL
RECEPTION = U64(40)  # who is taken up first, and what becomes of it
RECEPTION_TICKET, RECEPTION_NUMBER, RECEPTION_MEETING, RECEPTION_ACCOMPANIED, RECEPTION_DAYS = range(5)
COMPANY = U64(41)  # whether an accompaniment survives a move
BED = U64(42)
BED_ACCEPTED, BED_TICKET, BED_ORDERED = range(3)
STAY = U64(43)  # a day in care
STAY_FOUND, STAY_RUNS_AWAY, STAY_AWAY_DAYS, STAY_BACK_TO_BOSS, STAY_DAYS, STAY_TICKET = range(6)

FIELD = U64(50)  # what the field view records of what happened: the k-th event of a day by draw k

SUCCESSOR = U64(52)  # whether a closed web site gets a successor

STREAMS = 53  # one more than the last
