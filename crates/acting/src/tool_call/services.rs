//! What a direct call acts through.

use std::rc::Rc;

use crate::{Connected, Means, Services};
use onbehalf_connector::Scalekit;
use onbehalf_runs::portal::Portals;
use onbehalf_runs::tool_call::ToolPolicy;
use onbehalf_tools::Registry;

/// The apps, the tools and the policy.
pub struct CallServices {
    /// The apps, and the policy.
    pub usual: Services<ToolPolicy>,
    /// The tools.
    pub tools: Rc<Registry>,
}

impl CallServices {
    /// The host's means, under this policy.
    pub fn new(means: Means, policy: ToolPolicy) -> Self {
        Self {
            tools: Rc::clone(&means.tools),
            usual: Services::new(means, policy),
        }
    }
}

impl Connected for CallServices {
    fn scalekit(&self) -> &Scalekit {
        &self.usual.scalekit
    }

    fn portals(&self) -> &Portals {
        &self.usual.portals
    }
}
