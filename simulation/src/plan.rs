//! What one seed does to the world: who lives in it, what they ask for, and every disturbance, each
//! on its own.
//!
//! A plan is plain data, so that disturbances can be dropped one by one until only those that matter
//! are left. How one is drawn stands in [`super::draw`]; how it is carried out is others' business.

use onbehalf_runs::Overlap;

use crate::conversation::Line;

/// A simulation, whole.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it was drawn from; also the seed of the scheduler's choices.
    pub seed: u64,
    /// Accounts with their customers.
    pub users: Vec<User>,
    /// Who asks for runs.
    pub people: Vec<Person>,
    /// What they ask for.
    pub triggers: Vec<Trigger>,
    /// What happens to them.
    pub disturbances: Vec<Disturbance>,
    /// How the world behaves.
    pub world: WorldKind,
    /// How far HubSpot's search lags, in milliseconds.
    pub search_lag_ms: i64,
    /// Longest time a request, an answer or a message is under way by itself, in milliseconds.
    pub latency_ms: i64,
    /// Outbound calls one invocation may make.
    pub budget: u32,
    /// What the apps allow, as the setting of that name; `None` for the defaults.
    pub rates: Option<&'static str>,
    /// The `ONBOARDING` setting to begin with.
    pub settings: &'static str,
    /// How long an ended run is kept, in milliseconds.
    pub retention_ms: i64,
    /// How far the clock of an object may be off, in milliseconds.
    pub skew_ms: i64,
    /// What nobody is served by for a while.
    pub outage: Option<Outage>,
    /// The cron trigger rings at these times, in milliseconds.
    pub cron_ms: Vec<i64>,
    /// What is said to an agent and asked of tools, each once what was before it has ended. No seed draws
    /// any.
    pub conversation: &'static [Line],
}

/// A while without service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Who does not serve.
    pub of: OutageOf,
    /// From, in milliseconds.
    pub from_ms: i64,
    /// Until, in milliseconds.
    pub until_ms: i64,
}

/// Who does not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageOf {
    /// Nobody can be reached.
    All,
    /// HubSpot answers every call that its daily limit is reached.
    HubSpot,
}

impl Outage {
    /// Whether an app does not serve meanwhile.
    #[must_use]
    pub fn concerns(self, app: &str) -> bool {
        self.of == OutageOf::All || app == "hubspot"
    }
}

/// An account.
#[derive(Clone, Debug)]
pub struct User {
    /// Customers of theirs.
    pub customers: usize,
    /// Whether their portal is their company's.
    pub shares_portal: bool,
}

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// Through whose account they act.
    pub user: usize,
    /// Whether their runs wait for connections.
    pub suspends: bool,
    /// Whether their runs ask before they write.
    pub asks: bool,
    /// Whether a run starts for them by itself, and until when, in milliseconds.
    pub scheduled_until_ms: Option<i64>,
    /// How they decide about plans.
    pub decides: Decides,
}

/// How somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// Yes to everything.
    Yes,
    /// Yes, but not to every other item.
    Partly,
    /// No.
    No,
    /// With an item that is not there, and then yes.
    Mistyped,
}

/// A start.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Who.
    pub person: usize,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// How often at once.
    pub times: u32,
    /// Whether all of these carry one idempotency key.
    pub keyed: bool,
    /// What happens while another run is open.
    pub overlap: Overlap,
}

/// How strict the world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldKind {
    /// As it is documented; every error of an app is 500.
    Strict,
    /// As it is documented; an app's errors keep their status.
    StrictKept,
}

/// Something happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Disturbance {
    /// To which run, counted as they begin; of no matter for what happens to all.
    pub run: usize,
    /// When.
    pub moment: Moment,
    /// What.
    pub what: What,
}

/// When something happens; counts of a run are over all its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At the run's nth commit.
    Commit(u32),
    /// At the run's nth outbound call.
    Call(u32),
    /// When the run's alarm rings for the nth time.
    Ring(u32),
    /// When the alarm of any other object rings, counted over all of them.
    OtherRing(u32),
    /// At the nth message between any two objects.
    Letter(u32),
    /// At the nth statement of all objects of a class.
    Statement(Class, u32),
    /// At this time, in milliseconds from the start.
    Time(i64),
}

/// A class of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A principal.
    Principal,
    /// An account.
    Account,
    /// A portal.
    Portal,
    /// A shard.
    Schedule,
    /// An organization's list of approvals.
    Approvals,
    /// A thread.
    Thread,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The run's process dies before the commit is stored or the request has left.
    CrashBefore,
    /// The run's process dies with the request under way.
    CrashDuring,
    /// The run's process dies once the commit is stored or the request has taken effect.
    CrashAfter,
    /// Storage refuses.
    Fails,
    /// Storage takes the commit, and says that it refused.
    StoredButFails,
    /// The call goes wrong.
    Call(CallFault),
    /// The message goes wrong.
    Letter(LetterFault),
    /// The object dies.
    ObjectDies,
    /// The alarm is lost.
    AlarmLost,
    /// The handler is aborted this many milliseconds after the alarm rang.
    Aborted(i64),
    /// Somebody does something.
    Command(Command),
}

/// How a message between objects goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterFault {
    /// It is lost.
    Lost,
    /// It is acted on; the answer is lost.
    ReplyLost,
    /// It takes this long, in milliseconds.
    Slow(i64),
    /// Whoever sent it dies.
    SenderDies,
    /// Whoever gets it dies, at the first statement or later.
    ReceiverDies,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// It takes effect, its answer is lost.
    Lost,
    /// The connection breaks first.
    Broken,
    /// Scalekit answers 503.
    ServiceDown,
    /// The app answers 500.
    ProviderDown,
    /// 429, come back in so many seconds.
    Limited(u64),
    /// It takes this long to arrive, in milliseconds, whether or not anybody still waits.
    Slow(i64),
    /// Its answer takes this long, in milliseconds.
    SlowAnswer(i64),
    /// It takes effect only after so many milliseconds; this is what is said at once.
    Lands(i64, Said),
    /// All of our tokens are void before it arrives.
    TokensVoid,
    /// The user withdraws the authorization before it arrives.
    Revoked,
}

/// What is said of a write that lands later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The connection breaks.
    Reset,
    /// Nothing, until whoever asked gives up.
    Nothing,
    /// Scalekit's own error, of this status.
    Gateway(u16),
    /// The app's error 500.
    Error,
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Resumes the suspension under way (or one so many before it) with a payload that fits, or
    /// with one that does not.
    Resume {
        /// How many suspensions back.
        back: u32,
        /// Whether the payload fits.
        fits: bool,
    },
    /// Two such resumes at once.
    ResumeTwice,
    /// A cancel.
    Cancel,
    /// The alarm rings although nobody set it.
    AlarmAgain,
    /// A stranger looks at the run, resumes and cancels it.
    Stranger,
    /// The process ends; nothing in memory is left.
    Kill,
    /// Another instance of the run begins; this one goes on for so many milliseconds.
    Replace(i64),
    /// The connection of the run's user to an app dies, and is mended after so many milliseconds.
    ConnectionDies(usize, i64),
    /// All processes end, and new ones begin with other settings.
    Deploy(Deployed),
}

/// What a deployment brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// These settings.
    Settings(&'static str),
    /// Settings that cannot be read.
    Broken,
    /// No such workflow.
    Unhosted,
    /// What there was at first.
    AsBefore,
}

/// The longest a request may land after it was sent: what is documented of a write under way.
pub const LONGEST_FLIGHT_MS: i64 = 65_000;

impl Plan {
    /// The undisturbed run of one person, alone and at once.
    #[must_use]
    pub fn quiet(&self, person: usize) -> Self {
        let person = Person {
            scheduled_until_ms: None,
            ..self.people[person].clone()
        };
        Self {
            seed: 0,
            users: self.users.clone(),
            triggers: vec![Trigger {
                person: 0,
                at_ms: 0,
                times: 1,
                keyed: false,
                overlap: Overlap::Join,
            }],
            people: vec![person],
            disturbances: Vec::new(),
            search_lag_ms: 0,
            latency_ms: 0,
            budget: u32::MAX,
            rates: None,
            skew_ms: 0,
            outage: None,
            cron_ms: Vec::new(),
            ..self.clone()
        }
    }
}
