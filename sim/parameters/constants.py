"""Numbers that belong to the form of a rule: no run sets or draws them; each has a unit and a source.

One line each, `NAME = value  # unit; source; meaning`; `docs/parameters.md` lists them after the parameters.
"""

# Demography
DAYS_A_YEAR = 365.25  # days/year; definition; to convert ages
ADULT_AGE = 18.0  # years; definition; younger persons are minors
OLDEST_AT_ENTRY = 75.0  # years; assumption; highest age at entry into a role
LONGEST_EXCESS = 4.0  # mean excess; assumption; ages at entry are cut at this many times their mean excess over the youngest
OLDEST_AT_START = 36_525  # days; assumption; highest age of those present at the start
MORE_CONVICTIONS = 1.5  # convictions; assumption; mean number of convictions after the first, before rounding down
VIOLENCE_IN_VULNERABILITY = 0.5  # share; assumption; share of vulnerability that follows from violence suffered; the rest is drawn
TRUST_AT_ENTRY = 0.3  # trust; assumption; highest trust in services of a new person
AT_RISK_LEFT = 0.8  # share; assumption; persons at risk at the start, relative to their number if no Boss recruited
READY_WITHIN = 5.0  # days; assumption; time within which Bosses present at the start are ready to launch
MET_BEFORE = 365  # days; assumption; age of contacts present at the start, or brought into a new role

# Ties and control
TIE_AT_START = (0.5, 0.3, 0.5)  # attachment, debt, supervision; assumption; values of persons tied at the start
ATTACHED_BY_ACQUAINTANCE, ATTACHED_OTHERWISE = 0.7, 0.4  # attachment; E30 (direction), size: assumption; when a tie begins
DEBT_OF_TIE, SUPERVISION_OF_TIE = 0.2, 0.3  # debt, supervision; assumption; when a tie begins
SUPERVISION_ON_RETURN = 0.5  # supervision; assumption; value of a person who goes back to a Boss from care
WATCH_IN_STREET = 0.5  # supervision; assumption; value in a street Plan, which has no slots for watches
SUPERVISION_KEPT = 0.5  # share/day; assumption; weight of yesterday's supervision in today's
ATTEMPT_FREEDOM = 1.5  # factor; assumption; the rate of attempts to leave is multiplied by this minus coercive control
SPELL_GAP_DAYS = 7  # days; assumption; a person held for no longer after a Plan is in the same spell of exploitation
LASTING_DAYS = 365  # days; definition; an exit of this length is called lasting

# Planning and recruitment
TOUR_SHORTEST, TOUR_LONGEST = 3, 14  # days; assumption; bounds of a tour
SAME_ADS_DAYS = 3  # days; assumption; ads put up again in the same cell within this time are not new
MET_WITHIN = 6.0  # scales; assumption; farthest distance, in scales of acquaintance, at which Bosses meet
NEAR_RECRUITS = 3  # territories; assumption; number of nearest territories in which a Boss recruits
RECRUITED_AT_LEAST = 0.5  # weight; assumption; weight of a person without vulnerability in recruitment; vulnerability is added

# Labour
NEAR_POOL = 4  # territories; assumption; number of nearest territories in whose open pool a Boss asks
SLOTS_OF_PLAN = 4  # slots; assumption; slots of a Plan (ads and calls, transport, supplies, a watch), plus one watch per two persons

# Careers
LEAVING_AGE = 20.0  # years; assumption; the rate at which Bosses leave rises with age from here
IDLE_MONTH = 30.0  # days; assumption; unit of waiting time in the rate at which Bosses leave

# Demand
LEAN_AT_MOST = 0.5  # share; assumption; a client with appointments in the street alone, or on web sites alone, goes so much of the way from the usual share of searches there to all of them

# Enforcement and casework
MOST_FINED = 0.5  # share; assumption; highest share of appointments that can be fined
TRUST_LOST_AS_OFFENDER = 0.5  # share; assumption; share of trust in services lost by a person treated as an offender
MOST_FILES = 16  # files/unit and day; assumption; most files worked on; further inspector-days go to the same files
FILE_CLOSED_BELOW = 0.5  # share; assumption; a file is closed below this share of the evidence at which files are opened
NO_SIGNAL = 1e-6  # weight; assumption; of a cell without reports or evidence, where police follow these
