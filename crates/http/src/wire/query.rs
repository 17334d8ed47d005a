//! Reading a query string: only parameters that are known, each at most once.

use crate::wire::message::ApiRequest;
use crate::wire::problem::{Problem, ProblemType};

/// The parameters of one request.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query, of which only the parameters in `known` may be used.
    ///
    /// # Errors
    /// 400 with the `parameter` that is unknown or repeated.
    pub fn strict(request: &ApiRequest, known: &[&str]) -> Result<Self, Problem> {
        let query = Self::lenient(request);
        for (index, (name, _)) in query.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(refused(name, "is not a parameter of this request"));
            }
            if query.0[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(refused(name, "is given more than once"));
            }
        }
        Ok(query)
    }

    /// Reads the query, whatever it holds: for pages that others send the browser to, who may add
    /// parameters of their own.
    pub fn lenient(request: &ApiRequest) -> Self {
        Self(
            url::form_urlencoded::parse(request.query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The parameter of this name, if it is given exactly once. Two of them are an attempt to have
    /// two readers read differently.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value.as_str())
    }

    /// Whether any parameter is given more than once.
    pub fn repeats(&self) -> bool {
        let names = self.0.iter().map(|(name, _)| name);
        names
            .enumerate()
            .any(|(index, name)| self.0[..index].iter().any(|(earlier, _)| earlier == name))
    }
}

/// The whole number from 1 to `most` that a parameter has to be.
///
/// # Errors
/// 400 with the parameter.
pub fn read_count(parameter: &str, text: &str, most: u32) -> Result<u32, Problem> {
    let count = text.parse().ok();
    count
        .filter(|count| (1..=most).contains(count))
        .ok_or_else(|| {
            refused(
                parameter,
                &format!("must be a whole number from 1 to {most}"),
            )
        })
}

/// A parameter that is not accepted.
pub fn refused(parameter: &str, why: &str) -> Problem {
    /// Longest name that is repeated back.
    const MAX_SHOWN: usize = 40;
    let parameter: String = parameter.chars().take(MAX_SHOWN).collect();
    let detail = format!("{parameter} {why}.");
    Problem::new(ProblemType::InvalidQuery, detail).with("parameter", parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str) -> ApiRequest {
        ApiRequest {
            query: query.to_owned(),
            ..ApiRequest::default()
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let query = Query::strict(&request("status=a%20b+c"), &["status"]).ok();
        assert_eq!(
            query.as_ref().and_then(|query| query.get("status")),
            Some("a b c")
        );
        assert_eq!(query.as_ref().and_then(|query| query.get("limit")), None);
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        for query in ["owner=bob", "limit=1&limit=2", "="] {
            let problem = Query::strict(&request(query), &["limit"]).err();
            let kind = problem.map(|problem| problem.kind());
            assert_eq!(kind, Some(ProblemType::InvalidQuery), "{query}");
        }
    }

    #[test]
    fn a_repeated_parameter_has_no_value_even_when_lenient() {
        let query = Query::lenient(&request("state=a&state=b&more=1"));
        assert_eq!(query.get("state"), None);
        assert_eq!(query.get("more"), Some("1"));
    }
}
