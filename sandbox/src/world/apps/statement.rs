//! The little of SQL that warehouses and Salesforce are asked here: one SELECT, or one INSERT of a row.
//!
//! Owns reading a statement into its parts. Which tables and columns there are, and what is said of those
//! there are not, is for each app.

/// A statement that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// `SELECT a, b FROM t [WHERE c = 'v' [AND …]] [ORDER BY …] [LIMIT n]`.
    Select(Select),
    /// `INSERT INTO t (a, b) VALUES ('x', 'y')`.
    Insert(Insert),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Select {
    /// The columns; `*` stands for all.
    pub columns: Vec<String>,
    /// The table, as it was written.
    pub table: String,
    /// What a row must hold: a column, and the value or a part of it.
    pub conditions: Vec<(String, Test)>,
    /// So many rows at most.
    pub limit: Option<usize>,
}

/// What a column must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// This value.
    Is(String),
    /// This text somewhere: `LIKE '%text%'`.
    Holds(String),
}

impl Test {
    /// Whether a value fits.
    pub fn fits(&self, value: &str) -> bool {
        match self {
            Self::Is(wanted) => value.eq_ignore_ascii_case(wanted),
            Self::Holds(part) => value.to_lowercase().contains(&part.to_lowercase()),
        }
    }
}

/// A row that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Insert {
    /// The table, as it was written.
    pub table: String,
    /// Its columns with their values.
    pub row: Vec<(String, String)>,
}

/// The statement, if it is one of those that are played.
pub(super) fn read(text: &str) -> Option<Statement> {
    let mut words = Words(tokens(text)?.into_iter().peekable());
    let statement = match words.word()?.to_uppercase().as_str() {
        "SELECT" => Statement::Select(words.select()?),
        "INSERT" => Statement::Insert(words.insert()?),
        _ => return None,
    };
    words.0.next().is_none().then_some(statement)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// The pieces of a statement; `None` for one whose quotes do not close.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut letters = text.trim().trim_end_matches(';').chars().peekable();
    let mut tokens = Vec::new();
    while let Some(&letter) = letters.peek() {
        match letter {
            _ if letter.is_whitespace() => {
                letters.next();
            }
            '\'' => {
                letters.next();
                tokens.push(Token::Text(quoted(&mut letters)?));
            }
            '(' | ')' | ',' | '=' | '*' => {
                letters.next();
                tokens.push(Token::Sign(letter));
            }
            _ => {
                let mut word = String::new();
                while let Some(next) =
                    letters.next_if(|it| !it.is_whitespace() && !"(),='*".contains(*it))
                {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

/// What stands up to the closing quote; two quotes are one, and a backslash takes away the meaning.
fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match letters.next()? {
            '\\' => text.push(letters.next()?),
            '\'' if letters.next_if_eq(&'\'').is_some() => text.push('\''),
            '\'' => return Some(text),
            letter => text.push(letter),
        }
    }
}

struct Words(std::iter::Peekable<std::vec::IntoIter<Token>>);

impl Words {
    fn word(&mut self) -> Option<String> {
        match self.0.next()? {
            Token::Word(word) => Some(word.trim_matches(['"', '`']).to_owned()),
            _ => None,
        }
    }

    fn is(&mut self, keyword: &str) -> bool {
        let next = |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.0.next_if(next).is_some()
    }

    fn sign(&mut self, sign: char) -> bool {
        self.0.next_if_eq(&Token::Sign(sign)).is_some()
    }

    /// Words with commas between them.
    fn list(&mut self) -> Option<Vec<String>> {
        let mut all = vec![self.word()?];
        while self.sign(',') {
            all.push(self.word()?);
        }
        Some(all)
    }

    /// A value: in quotes, or a bare word such as a number.
    fn value(&mut self) -> Option<String> {
        match self.0.next()? {
            Token::Text(text) | Token::Word(text) => Some(text),
            Token::Sign(_) => None,
        }
    }

    fn select(&mut self) -> Option<Select> {
        let columns = if self.sign('*') {
            vec!["*".to_owned()]
        } else {
            self.list()?
        };
        if !self.is("FROM") {
            return None;
        }
        let table = self.word()?;
        let mut conditions = Vec::new();
        if self.is("WHERE") {
            loop {
                let column = self.word()?;
                let test = if self.is("LIKE") {
                    Test::Holds(self.value()?.trim_matches('%').to_owned())
                } else if self.sign('=') {
                    Test::Is(self.value()?)
                } else {
                    return None;
                };
                conditions.push((column, test));
                if !self.is("AND") {
                    break;
                }
            }
        }
        if self.is("ORDER") {
            let _ = (
                self.is("BY"),
                self.list()?,
                self.is("DESC") || self.is("ASC"),
            );
        }
        let limit = match self.is("LIMIT") {
            true => Some(self.word()?.parse().ok()?),
            false => None,
        };
        Some(Select {
            columns,
            table,
            conditions,
            limit,
        })
    }

    fn insert(&mut self) -> Option<Insert> {
        if !self.is("INTO") {
            return None;
        }
        let table = self.word()?;
        if !self.sign('(') {
            return None;
        }
        let columns = self.list()?;
        if !self.sign(')') || !self.is("VALUES") || !self.sign('(') {
            return None;
        }
        let mut values = vec![self.value()?];
        while self.sign(',') {
            values.push(self.value()?);
        }
        (self.sign(')') && columns.len() == values.len()).then(|| Insert {
            table,
            row: columns.into_iter().zip(values).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_select_is_read_into_its_parts() {
        let text = "select Id, Name FROM Account where Name = 'O\\'Neil' and Site like '%x%' ORDER BY Name DESC LIMIT 5";
        let Some(Statement::Select(select)) = read(text) else {
            panic!("not read");
        };
        assert_eq!(
            (select.columns, select.table),
            (vec!["Id".into(), "Name".into()], "Account".into())
        );
        let expected = [
            ("Name", Test::Is("O'Neil".into())),
            ("Site", Test::Holds("x".into())),
        ];
        assert_eq!(
            select.conditions,
            expected.map(|(name, test)| (name.to_owned(), test))
        );
        assert_eq!(select.limit, Some(5));
    }

    #[test]
    fn an_insert_gives_each_column_its_value() {
        let text = "INSERT INTO db.notes (id, text) VALUES (7, 'it''s done');";
        let Some(Statement::Insert(insert)) = read(text) else {
            panic!("not read");
        };
        assert_eq!(insert.table, "db.notes");
        assert_eq!(
            insert.row,
            [
                ("id".into(), "7".into()),
                ("text".into(), "it's done".to_owned())
            ]
        );
    }

    #[test]
    fn what_is_not_played_is_not_read() {
        for text in [
            "",
            "DROP TABLE x",
            "SELECT FROM",
            "SELECT a FROM t WHERE a > 1",
            "SELECT a FROM t; DROP",
            "INSERT INTO t (a, b) VALUES ('x')",
            "SELECT 'a",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
