use async_trait::async_trait;
use onbehalf_engine::{Definition, Flow, NoReason, Step, StepContext, StepResult, workflow};

struct Greeting;

impl Definition for Greeting {
    const ID: &'static str = "greeting";
    const VERSION: u32 = 1;
    type Input = String;
    type State = ();
    type Context = ();
    type Result = String;
    type Services = ();
    type Reason = NoReason;
}

/// Takes a text, hands out its length.
struct Length;

#[async_trait(?Send)]
impl Step<Greeting> for Length {
    type Input = String;
    type Output = usize;

    fn id(&self) -> &'static str {
        "length"
    }

    async fn run(&self, input: String, _: &StepContext<Greeting>) -> StepResult<Greeting, usize> {
        Ok(Flow::Next(input.len()))
    }
}

/// The chain ends in a length, the workflow's result is a text.
fn main() {
    let _ = workflow::<Greeting>().then(Length).build();
}
