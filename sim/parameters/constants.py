"""Numbers that belong to the form of a rule: no run sets or draws them, each has a unit and a source.

One line each, `NAME = value  # unit; source; meaning`; `docs/parameters.md` lists them after the parameters.
"""

# Demography
DAYS_A_YEAR = 365.25  # days/year; definition; of ages
ADULT_AGE = 18.0  # years; definition; who is younger is a minor
OLDEST_AT_ENTRY = 75.0  # years; assumption; highest age at entry into a role
LONGEST_EXCESS = 4.0  # mean excess; assumption; ages at entry are cut at so many times their mean above the youngest
OLDEST_AT_START = 36_525  # days; assumption; highest age of those present at the start
MORE_CONVICTIONS = 1.5  # convictions; assumption; mean of what a record has beyond the first conviction, before rounding down
VIOLENCE_IN_VULNERABILITY = 0.5  # share; assumption; of vulnerability that follows from violence suffered, the rest is drawn
TRUST_AT_ENTRY = 0.3  # trust; assumption; highest trust in services of a person who is new
AT_RISK_LEFT = 0.8  # share; assumption; of those who would be at risk if no Boss recruited, at risk at the start
READY_WITHIN = 5.0  # days; assumption; within which Bosses present at the start are ready to launch
AGED_BY = 365.0  # days; assumption; mean by which persons tied at the start are older than at entry
MET_BEFORE = 365  # days; assumption; since a contact present at the start, or brought into a new role, began

# Ties and control
TIE_AT_START = (0.5, 0.3, 0.5)  # attachment, debt, supervision; assumption; of persons tied at the start
ATTACHED_BY_ACQUAINTANCE, ATTACHED_OTHERWISE = 0.7, 0.4  # attachment; E30 (direction), size: assumption; when a tie begins
DEBT_OF_TIE, SUPERVISION_OF_TIE = 0.2, 0.3  # debt, supervision; assumption; when a tie begins
SUPERVISION_ON_RETURN = 0.5  # supervision; assumption; of a person who goes back to a Boss from care
WATCH_IN_STREET = 0.5  # supervision; assumption; in a street Plan, which has no slots for watches
SUPERVISION_KEPT = 0.5  # share/day; assumption; of yesterday's supervision in today's
ATTEMPT_FREEDOM = 1.5  # factor; assumption; the rate of attempts to leave is multiplied by this less coercive control
LASTING_DAYS = 365  # days; definition; an exit that lasted so long is called lasting

# Planning and recruitment
TOUR_SHORTEST, TOUR_LONGEST = 3, 14  # days; assumption; bounds of a tour
SAME_ADS_DAYS = 3  # days; assumption; ads put up again in the same cell within this time are not new
MET_WITHIN = 6.0  # scales; assumption; nobody farther away than so many scales of acquaintance is met
NEAR_RECRUITS = 3  # territories; assumption; the nearest ones, in which a Boss recruits
RECRUITED_AT_LEAST = 0.5  # weight; assumption; of a person without vulnerability when a Boss recruits; vulnerability is added

# Labour
NEAR_POOL = 4  # territories; assumption; the nearest ones, in whose open pool a Boss asks
SLOTS_OF_PLAN = 4  # slots; assumption; of a Plan (ads and calls, transport, supplies, a watch), next to one watch for each two persons

# Careers
LEAVING_AGE = 20.0  # years; assumption; the rate at which Bosses leave rises with age from here
IDLE_MONTH = 30.0  # days; assumption; of waiting that count once in the rate at which Bosses leave

# Enforcement and casework
MOST_FINED = 0.5  # share; assumption; of appointments that can be fined at most
TRUST_LOST_AS_OFFENDER = 0.5  # share; assumption; of trust in services lost by who is treated as an offender
MOST_FILES = 16  # files/unit and day; assumption; more inspector-days go to the same files
FILE_CLOSED_BELOW = 0.5  # share; assumption; of the evidence at which a file is opened, below which it is closed
