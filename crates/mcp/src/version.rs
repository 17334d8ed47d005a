//! The revisions of the protocol that are spoken.

/// A revision. From the oldest to the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Structured results.
    V2025_06_18,
    /// People are sent to pages.
    V2025_11_25,
    /// Each request stands for itself.
    V2026_07_28,
}

impl Version {
    /// Every revision, the newest first.
    pub const ALL: [Self; 3] = [Self::V2026_07_28, Self::V2025_11_25, Self::V2025_06_18];
    /// What a client is told that asks in a handshake for one that is not spoken.
    const LATEST_LEGACY: Self = Self::V2025_11_25;
    /// What a client is taken to speak that says nothing: the oldest. Revisions before 2025-06-18 had
    /// no header for it, and what is answered by this one they can read.
    pub const UNNAMED: Self = Self::V2025_06_18;

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The revision of this name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether requests carry it themselves, and no handshake comes first.
    pub const fn is_modern(self) -> bool {
        match self {
            Self::V2026_07_28 => true,
            Self::V2025_06_18 | Self::V2025_11_25 => false,
        }
    }

    /// Those of one era, the newest first.
    pub fn of_era(modern: bool) -> impl Iterator<Item = Self> {
        let era = Self::ALL.into_iter();
        era.filter(move |it| it.is_modern() == modern)
    }

    /// What a handshake agrees on.
    pub fn agreed(asked: &str) -> Self {
        let asked = Self::read(asked).filter(|it| !it.is_modern());
        asked.unwrap_or(Self::LATEST_LEGACY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for version in Version::ALL {
            assert_eq!(Version::read(version.name()), Some(version));
        }
        for other in ["", "2024-11-05", "2026-07-28 ", "v999.0.0"] {
            assert_eq!(Version::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_handshake_agrees_on_what_was_asked_or_on_the_latest_it_can() {
        assert_eq!(Version::agreed("2025-06-18"), Version::V2025_06_18);
        for other in ["2025-11-25", "2024-11-05", "2026-07-28", ""] {
            assert_eq!(Version::agreed(other), Version::V2025_11_25, "{other}");
        }
    }
}
