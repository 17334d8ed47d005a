//! What one object keeps of sign-ins: values that were used up, or who holds a namespace.
//!
//! Owns the rule that a value is good once, how long it is remembered, and that a namespace is kept
//! for whoever came first. Holds digests, times and issuers, and nobody's name. Which object keeps
//! what stands with the values themselves ([`OneTime::object`], [`NamespaceClaim::object`]).

use onbehalf_clock::Timestamp;
use onbehalf_sql::{Sql, SqlError};

use super::memory::{NamespaceClaim, OneTime};

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS spent (digest TEXT PRIMARY KEY, until INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS holder (
        id INTEGER PRIMARY KEY CHECK (id = 1), issuer TEXT NOT NULL)",
];

/// One object's memory, at one moment.
pub struct SignIns<'a> {
    sql: &'a dyn Sql,
    now: Timestamp,
}

impl<'a> SignIns<'a> {
    /// What is kept here.
    ///
    /// # Errors
    /// When storage fails.
    pub fn open(sql: &'a dyn Sql, now: Timestamp) -> Result<Self, SqlError> {
        for table in TABLES {
            sql.run(table, &[])?;
        }
        Ok(Self { sql, now })
    }

    /// Uses a value up, and says whether it was still good. Remembered until `until`.
    ///
    /// # Errors
    /// When storage fails; the value counts as used then.
    pub fn spend(&self, value: &OneTime, until: Timestamp) -> Result<bool, SqlError> {
        let spent = self.is_spent(value)?;
        // What is over anyway needs no remembering.
        self.sql
            .run("DELETE FROM spent WHERE until < ?1", &[self.now.into()])?;
        self.sql.run(
            "INSERT INTO spent (digest, until) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING",
            &[value.as_str().into(), until.into()],
        )?;
        Ok(!spent)
    }

    /// Whether a value was used up.
    ///
    /// # Errors
    /// When storage fails.
    pub fn is_spent(&self, value: &OneTime) -> Result<bool, SqlError> {
        let found = self.sql.query(
            "SELECT until FROM spent WHERE digest = ?1",
            &[value.as_str().into()],
        )?;
        Ok(!found.is_empty())
    }

    /// Who holds the namespace of this object once this claim was made
    /// ([`NamespaceClaim::holder`]).
    ///
    /// # Errors
    /// When storage fails.
    pub fn claim(&self, claim: &NamespaceClaim) -> Result<String, SqlError> {
        let kept = self.sql.query("SELECT issuer FROM holder", &[])?;
        let so_far = kept.first().map(|row| row.text(0)).transpose()?;
        let holder = claim.holder(so_far).to_owned();
        self.sql.run(
            "INSERT INTO holder (id, issuer) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET issuer = ?1 WHERE issuer <> ?1",
            &[holder.as_str().into()],
        )?;
        Ok(holder)
    }
}

#[cfg(test)]
mod tests {
    use onbehalf_sql::testkit::Database;
    use onbehalf_sql::{Row, Value};

    use super::*;

    /// 2026-11-23T08:00:00Z.
    const BEGIN: i64 = 1_795_420_800;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis((BEGIN + second) * 1000)
    }

    fn sign_ins(sql: &Database, second: i64) -> SignIns<'_> {
        SignIns::open(sql, at(second)).expect("storage")
    }

    fn claim(issuer: &str, takes_over: Option<&str>) -> NamespaceClaim {
        NamespaceClaim {
            namespace: "acme".to_owned(),
            issuer: issuer.to_owned(),
            takes_over: takes_over.map(str::to_owned),
        }
    }

    fn remembered(sql: &Database) -> usize {
        sql.query("SELECT digest FROM spent", &[])
            .expect("rows")
            .len()
    }

    #[test]
    fn a_sign_in_is_good_once_however_often_its_object_starts_again() {
        let sql = Database::empty();
        let state = OneTime::sign_in("state");
        assert_eq!(sign_ins(&sql, 0).is_spent(&state), Ok(false));
        assert_eq!(sign_ins(&sql, 0).spend(&state, at(600)), Ok(true));
        for second in [0, 1, 599] {
            let sign_ins = sign_ins(&sql, second);
            assert_eq!(sign_ins.spend(&state, at(600)), Ok(false), "{second}");
            assert_eq!(sign_ins.is_spent(&state), Ok(true), "{second}");
        }
        // Of another kind, the same text is another value.
        let consent = OneTime::consent("state");
        assert_eq!(sign_ins(&sql, 1).spend(&consent, at(600)), Ok(true));
    }

    #[test]
    fn a_session_that_ended_stays_ended_until_it_would_have_ended_by_itself() {
        let sql = Database::empty();
        let session = OneTime::session("nonce");
        assert_eq!(sign_ins(&sql, 0).spend(&session, at(3600)), Ok(true));
        // Others come and go meanwhile, and have what is over forgotten.
        for second in (60..3600).step_by(60) {
            let other = OneTime::sign_in(&second.to_string());
            assert_eq!(
                sign_ins(&sql, second).spend(&other, at(second + 600)),
                Ok(true)
            );
            assert_eq!(sign_ins(&sql, second).is_spent(&session), Ok(true));
        }
        assert!(remembered(&sql) <= 12, "{}", remembered(&sql));
        let last = OneTime::sign_in("last");
        assert_eq!(sign_ins(&sql, 9000).spend(&last, at(9600)), Ok(true));
        assert_eq!(remembered(&sql), 1);
    }

    #[test]
    fn what_came_first_is_not_remembered_for_longer_or_shorter_by_what_comes_again() {
        let sql = Database::empty();
        let state = OneTime::sign_in("state");
        assert_eq!(sign_ins(&sql, 0).spend(&state, at(600)), Ok(true));
        assert_eq!(sign_ins(&sql, 10).spend(&state, at(10)), Ok(false));
        assert_eq!(sign_ins(&sql, 600).spend(&state, at(9000)), Ok(false));
        let kept = sql.query("SELECT until FROM spent", &[]).expect("rows");
        assert_eq!(kept, [Row::new(vec![at(600).into()])]);
    }

    #[test]
    fn a_namespace_is_kept_for_whoever_came_first_until_an_operator_passes_it_on() {
        let sql = Database::empty();
        let asked = |claim: &NamespaceClaim| sign_ins(&sql, 0).claim(claim).expect("storage");
        let (okta, entra) = ("https://okta.test", "https://entra.test");
        assert_eq!(asked(&claim(okta, None)), okta);
        assert_eq!(asked(&claim(entra, None)), okta);
        assert_eq!(asked(&claim(entra, Some("https://other.test"))), okta);
        assert_eq!(asked(&claim(okta, None)), okta);
        assert_eq!(asked(&claim(entra, Some(okta))), entra);
        // What was passed on does not come back by the old setting.
        assert_eq!(asked(&claim(okta, None)), entra);
    }

    #[test]
    fn what_the_first_release_stored_is_still_read() {
        let sql = Database::empty();
        for statement in [
            "CREATE TABLE spent (digest TEXT PRIMARY KEY, until INTEGER NOT NULL)",
            "CREATE TABLE holder (id INTEGER PRIMARY KEY CHECK (id = 1), issuer TEXT NOT NULL)",
            "INSERT INTO holder (id, issuer) VALUES (1, 'https://okta.test')",
        ] {
            sql.run(statement, &[]).expect(statement);
        }
        let state = OneTime::sign_in("state");
        let row: [Value; 2] = [state.as_str().into(), at(600).into()];
        sql.run("INSERT INTO spent (digest, until) VALUES (?, ?)", &row)
            .expect("a row");
        assert_eq!(sign_ins(&sql, 1).spend(&state, at(600)), Ok(false));
        let holder = sign_ins(&sql, 1).claim(&claim("https://entra.test", None));
        assert_eq!(holder, Ok("https://okta.test".to_owned()));
    }

    #[test]
    fn what_cannot_be_stored_is_not_good() {
        let sql = Database::empty();
        let sign_ins = sign_ins(&sql, 0);
        sql.run("DROP TABLE spent", &[]).expect("dropped");
        let state = OneTime::sign_in("state");
        assert!(sign_ins.spend(&state, at(600)).is_err());
        assert!(sign_ins.is_spent(&state).is_err());
    }
}
