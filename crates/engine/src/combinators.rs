//! Steps made of steps: side by side, either-or, for each item, and a planned pause.
//!
//! Owns how parts keep their outputs and what they did to the shared state, so that a part that is
//! done is not run again when another part fails or suspends.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::StepContext;
use super::definition::{Definition, Flow, FlowOf, Step, StepError, StepPolicy, StepResult};
use super::suspend::SuspendReason;
use onbehalf_clock::Timestamp;

/// Why a part of a step did not hand out its output.
enum Part<D: Definition, T> {
    Done(T),
    Other(FlowOf<D, T>),
}

/// Runs a step as a part of another: its output is kept once it is done, and what it did to the
/// shared state.
async fn part<D, S>(
    step: &S,
    name: &str,
    input: S::Input,
    cx: &StepContext<D>,
) -> Result<Part<D, S::Output>, StepError>
where
    D: Definition,
    S: Step<D>,
{
    let part = cx.part(name);
    if let Some(output) = part.kept_output(cx)? {
        return Ok(Part::Done(output));
    }
    step.requires(part.context(), &part.state())
        .map_err(|message| StepError::terminal(format!("{name} may not run: {message}")))?;
    match step.run(input, &part).await? {
        Flow::Next(output) => {
            part.keep_output(&output, cx).await?;
            Ok(Part::Done(output))
        }
        flow => Ok(Part::Other(flow)),
    }
}

/// Two steps side by side on the same input. If one suspends or fails, the other is finished and
/// keeps its output.
pub struct Parallel<A, B> {
    id: &'static str,
    left: A,
    right: B,
}

impl<A, B> Parallel<A, B> {
    /// Named `id`, which must be unique within the workflow.
    pub fn new(id: &'static str, left: A, right: B) -> Self {
        Self { id, left, right }
    }
}

#[async_trait(?Send)]
impl<D, A, B> Step<D> for Parallel<A, B>
where
    D: Definition,
    A: Step<D>,
    B: Step<D, Input = A::Input>,
    A::Input: Clone,
{
    type Input = A::Input;
    type Output = (A::Output, B::Output);

    fn id(&self) -> &'static str {
        self.id
    }

    fn policy(&self) -> StepPolicy {
        longer(self.left.policy(), self.right.policy())
    }

    async fn run(&self, input: Self::Input, cx: &StepContext<D>) -> StepResult<D, Self::Output> {
        let left = part(&self.left, self.left.id(), input.clone(), cx);
        let right = part(&self.right, self.right.id(), input, cx);
        let (left, right) = join(left, right).await;
        Ok(match (left?, right?) {
            (Part::Done(left), Part::Done(right)) => Flow::Next((left, right)),
            (Part::Other(flow), _) => without_output(flow)?,
            (_, Part::Other(flow)) => without_output(flow)?,
        })
    }
}

/// One of two steps, by a look at the input and the shared state.
pub struct Branch<P, A, B> {
    id: &'static str,
    choose: P,
    yes: A,
    no: B,
}

impl<P, A, B> Branch<P, A, B> {
    /// `choose` answers whether `yes` runs; it must depend on its arguments alone.
    pub fn new(id: &'static str, choose: P, yes: A, no: B) -> Self {
        Self {
            id,
            choose,
            yes,
            no,
        }
    }
}

#[async_trait(?Send)]
impl<D, P, A, B> Step<D> for Branch<P, A, B>
where
    D: Definition,
    P: Fn(&A::Input, &D::State) -> bool + 'static,
    A: Step<D>,
    B: Step<D, Input = A::Input, Output = A::Output>,
{
    type Input = A::Input;
    type Output = A::Output;

    fn id(&self) -> &'static str {
        self.id
    }

    fn policy(&self) -> StepPolicy {
        longer(self.yes.policy(), self.no.policy())
    }

    async fn run(&self, input: Self::Input, cx: &StepContext<D>) -> StepResult<D, Self::Output> {
        // Kept, because the branch taken may change the very state that was looked at.
        let yes = cx
            .memo("branch", || async {
                Ok((self.choose)(&input, &cx.state()))
            })
            .await?;
        let taken = if yes {
            part(&self.yes, self.yes.id(), input, cx).await?
        } else {
            part(&self.no, self.no.id(), input, cx).await?
        };
        Ok(match taken {
            Part::Done(output) => Flow::Next(output),
            Part::Other(flow) => flow,
        })
    }
}

/// A step for each item of a list, a bounded number at a time.
pub struct ForEach<S> {
    id: &'static str,
    step: S,
    limit: usize,
}

impl<S> ForEach<S> {
    /// At most `limit` items at a time; at least one.
    pub fn new(id: &'static str, limit: usize, step: S) -> Self {
        Self { id, step, limit }
    }
}

#[async_trait(?Send)]
impl<D, S> Step<D> for ForEach<S>
where
    D: Definition,
    S: Step<D>,
    S::Input: 'static,
{
    type Input = Vec<S::Input>;
    type Output = Vec<S::Output>;

    fn id(&self) -> &'static str {
        self.id
    }

    fn policy(&self) -> StepPolicy {
        self.step.policy()
    }

    async fn run(&self, input: Self::Input, cx: &StepContext<D>) -> StepResult<D, Self::Output> {
        let parts = cx
            .for_each(
                input.into_iter().enumerate(),
                self.limit,
                |(index, item)| async move {
                    let name = format!("{}[{index}]", self.step.id());
                    part(&self.step, &name, item, cx).await
                },
            )
            .await?;
        let mut outputs = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Done(output) => outputs.push(output),
                Part::Other(flow) => return without_output(flow),
            }
        }
        Ok(Flow::Next(outputs))
    }
}

/// Lets time pass, then hands on its input.
pub struct Sleep<T> {
    id: &'static str,
    duration: Duration,
    input: std::marker::PhantomData<fn() -> T>,
}

impl<T> Sleep<T> {
    /// Named `id`; the due time is fixed when the step is first reached.
    pub fn new(id: &'static str, duration: Duration) -> Self {
        Self {
            id,
            duration,
            input: std::marker::PhantomData,
        }
    }
}

#[async_trait(?Send)]
impl<D, T> Step<D> for Sleep<T>
where
    D: Definition,
    T: Serialize + DeserializeOwned + 'static,
{
    type Input = T;
    type Output = T;

    fn id(&self) -> &'static str {
        self.id
    }

    async fn run(&self, input: T, cx: &StepContext<D>) -> StepResult<D, T> {
        let until: Timestamp = cx
            .memo("until", || async { Ok(cx.now().plus(self.duration)) })
            .await?;
        if cx.now() >= until {
            Ok(Flow::Next(input))
        } else {
            Ok(Flow::Suspend(SuspendReason::Sleeping { until }))
        }
    }
}

/// The flow of a part that is no output, as the flow of the whole.
fn without_output<T, U, R, W>(flow: Flow<T, R, W>) -> Result<Flow<U, R, W>, StepError> {
    match flow {
        Flow::Exit(result) => Ok(Flow::Exit(result)),
        Flow::Suspend(reason) => Ok(Flow::Suspend(reason)),
        Flow::Next(_) => Err(StepError::terminal("an output was taken for a suspension")),
    }
}

/// The more patient of two policies.
fn longer(left: StepPolicy, right: StepPolicy) -> StepPolicy {
    StepPolicy {
        patience: left.patience.max(right.patience),
        retry: if left.retry.longest_pause >= right.retry.longest_pause {
            left.retry
        } else {
            right.retry
        },
        timeout: left.timeout.max(right.timeout),
    }
}
