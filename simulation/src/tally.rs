//! What a simulation counts: each kind of fault, each rule that was asked, and what came about.
//!
//! Owns the names of all of them. A kind that was never met, or a rule that was never asked, proves
//! nothing, so whoever runs many seeds asks [`Tally::idle`].

use std::collections::BTreeMap;

/// Seeds from which on every kind of fault and every rule must have had its turn. The rarest kinds
/// are drawn for about one seed in three hundred.
pub const ALL_SEEN_AFTER: u64 = 5_000;

macro_rules! counted {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each says what it is in its text")]
        pub enum $name { $($variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// In words.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

counted! {
    /// A kind of fault, or of something that people do at a bad time.
    Kind {
        DiesBeforeCommit => "a run's process dies before a commit is stored",
        DiesAfterCommit => "a run's process dies after a commit was stored",
        DiesBeforeCall => "a run's process dies before a request has left",
        DiesDuringCall => "a run's process dies with a request under way",
        DiesAfterCall => "a run's process dies as a request takes effect",
        DiesAnyTime => "a run's process dies at some other time",
        Aborted => "a handler of a run is aborted at its limit",
        PrincipalDies => "a principal dies inside a turn",
        AccountDies => "an account dies inside a turn",
        PortalDies => "a portal dies inside a turn",
        ScheduleDies => "a shard of the schedule dies inside a turn",
        ApprovalsDie => "a list of approvals dies inside a turn",
        SenderDies => "an object dies with a message of its own under way",
        ReceiverDies => "an object dies over a message it has got",
        CommitRefused => "a commit is refused",
        CommitStoredAndRefused => "a commit is stored, and reported as refused",
        MessageLost => "a message between objects is lost",
        ReplyLost => "the answer to a message between objects is lost",
        MessageSlow => "a message between objects is slower than anybody waits",
        AlarmEarly => "an alarm rings that nobody has set",
        AlarmLost => "a run's alarm is lost after the platform's last try",
        OtherAlarmLost => "another object's alarm is lost after the platform's last try",
        TwoInstances => "two instances of a run are at work for some seconds",
        ClocksApart => "the clocks of two objects differ",
        AnswerLost => "a call takes effect, and its answer is lost",
        NeverArrived => "a call never arrives",
        ServiceDown => "Scalekit answers 503",
        ProviderDown => "an app answers 500",
        Limited => "an app answers 429",
        SlowThere => "a request arrives long after it was sent",
        SlowBack => "an answer comes late, or too late",
        LandsAfterReset => "a write lands after the connection broke",
        LandsAfterLostAnswer => "a write lands after its sender gave up waiting",
        LandsAfterGatewayError => "a write lands after 502 or 504",
        LandsAfterServerError => "a write lands after 500",
        Outage => "nobody can be reached for some minutes",
        DailyLimit => "an app answers 429 for minutes or hours",
        TokensVoid => "our tokens to Scalekit are void",
        ConnectionDies => "a connection dies",
        MendedBeforeWait => "a connection is mended before anybody waits for it",
        IndexLags => "HubSpot's index lags, within the setting",
        IndexLagsBeyond => "HubSpot's index lags beyond the setting",
        SettingsChange => "a deployment brings other settings",
        SettingsBreak => "a deployment brings settings that are wrong",
        ChainChanges => "a deployment hosts the workflow no more",
        DoubleTrigger => "somebody starts twice at once",
        SharedPortal => "several people share a portal",
        SharedAccount => "two people act through one account",
        CronTick => "the cron trigger rings",
        Resumed => "somebody resumes what may not wait any more",
        ResumedTwice => "somebody resumes twice at once",
        Cancelled => "somebody cancels",
        Mistyped => "somebody decides about an item that the plan does not have",
        Stranger => "a stranger asks for a run",
        SmallBudget => "an invocation may make few calls",
        TightRates => "apps allow little",
        StrictWorld => "the world is strict, its errors mapped to 500",
        StrictWorldKept => "the world is strict, its errors kept",
        ManyCustomers => "a user has hundreds of customers",
        Pruned => "a run is pruned",
    }
}

counted! {
    /// A rule, each time it was asked.
    Rule {
        OnceWritten => "a write lands once",
        LandedIsThere => "what is said to have landed is there",
        NothingUnclaimed => "every write in the world is some run's, and through its own account",
        LagWithinPromise => "a task is written twice only when the index lagged beyond the setting",
        RefusedByApp => "refused only if the app refused it for good",
        ExpiredInTime => "expired only when the step's time was over, and nothing of it landed",
        UnknownUnknowable => "unknown only if no look could have told",
        NothingLeftOpen => "no write is left open",
        IntentFirst => "a write leaves with its intent on record",
        CancelIsFinal => "no write begins after an acknowledged cancel, and the run ends cancelled",
        OnlyApproved => "nothing is written that was not approved",
        PlanHeld => "what is written is what was looked at",
        WaitingIsListed => "what waits for a decision is on the list",
        DecidedIsNot => "what is decided is on the list no more",
        FlagGranted => "a flag is set by whom the portal has given it to",
        SaidAsItWas => "what a result says of a write is what became of it",
        OneFlagInPortal => "no customer is flagged twice in a portal",
        EndsInTime => "a run ends within the stated time",
        EndsAsItMay => "a run fails only for what was done to it",
        ResultAsUndisturbed => "a result is the one of the same run undisturbed",
        JournalInOrder => "a journal reads in order",
        HeadIsFold => "a head is its journal folded",
        IndexKnows => "the owner's index knows where the run stands",
        OneOpenRun => "one run at a time, unless two were asked for",
        OneRunForKey => "an idempotency key starts one run",
        StartBegins => "what a start answered begins",
        TickHasRun => "each tick has its run within the hour",
        TickOnce => "no tick has two runs",
        OneWinner => "of two resumes one wins",
        SealedFromStrangers => "a stranger learns nothing of a run",
        WithinAllowance => "calls keep inside what an app allows",
    }
}

/// How often what happened.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    kinds: BTreeMap<Kind, u64>,
    rules: BTreeMap<Rule, u64>,
    /// Runs that ended.
    pub runs: u64,
    /// Writes that landed.
    pub writes: u64,
    /// Processes and objects that died.
    pub crashes: u64,
    /// Tasks that the index's lag beyond its setting has doubled.
    pub allowed_duplicates: u64,
}

impl Tally {
    /// Something of this kind has happened.
    pub fn met(&mut self, kind: Kind) {
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// A rule was asked.
    pub fn asked(&mut self, rule: Rule) {
        *self.rules.entry(rule).or_default() += 1;
    }

    /// How often a kind was met.
    pub fn times(&self, kind: Kind) -> u64 {
        self.kinds.get(&kind).copied().unwrap_or(0)
    }

    /// How often a rule was asked.
    pub fn times_asked(&self, rule: Rule) -> u64 {
        self.rules.get(&rule).copied().unwrap_or(0)
    }

    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        for (kind, times) in &other.kinds {
            *self.kinds.entry(*kind).or_default() += times;
        }
        for (rule, times) in &other.rules {
            *self.rules.entry(*rule).or_default() += times;
        }
        self.runs += other.runs;
        self.writes += other.writes;
        self.crashes += other.crashes;
        self.allowed_duplicates += other.allowed_duplicates;
    }

    /// Kinds never met and rules never asked, in words.
    pub fn idle(&self) -> Vec<&'static str> {
        let kinds = Kind::ALL.iter().filter(|it| self.times(**it) == 0);
        let rules = Rule::ALL.iter().filter(|it| self.times_asked(**it) == 0);
        let kinds = kinds.map(|it| it.text());
        kinds.chain(rules.map(|it| it.text())).collect()
    }

    /// All kinds and rules with their counts, one a line.
    pub fn lines(&self) -> Vec<String> {
        let line = |times: u64, text: &str| format!("{times:>10}  {text}");
        let kinds = Kind::ALL.iter().map(|it| line(self.times(*it), it.text()));
        let rules = Rule::ALL
            .iter()
            .map(|it| line(self.times_asked(*it), it.text()));
        let mut lines = vec!["     times  what happened".to_owned()];
        lines.extend(kinds);
        lines.push("     asked  what holds".to_owned());
        lines.extend(rules);
        lines
    }
}
