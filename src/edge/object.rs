//! An object of the platform over its protocol. Decodes, asks the protocol, sends.

/// Makes the Durable Object class `$name` of a protocol that is made from the environment; `$class`
/// is what the log calls it.
macro_rules! object {
    ($(#[$about:meta])* $name:ident, $class:literal, $protocol:expr) => {
        $(#[$about])*
        #[worker::durable_object]
        pub struct $name {
            state: worker::State,
            env: worker::Env,
        }

        impl worker::DurableObject for $name {
            fn new(state: worker::State, env: worker::Env) -> Self {
                Self { state, env }
            }

            async fn fetch(&self, request: worker::Request) -> worker::Result<worker::Response> {
                let protocol = $protocol(&self.env);
                super::ground::answer(&protocol, &self.state, &self.env, $class, request).await
            }

            async fn alarm(&self) -> worker::Result<worker::Response> {
                super::ground::go_on(&$protocol(&self.env), &self.state, &self.env).await
            }
        }
    };
}

pub(super) use object;
