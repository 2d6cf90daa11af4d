//! The share of a long list that is today's turn: in as many days as there are shares, all of it has its turn.

use anyhow::{Context, Result};
use jiff::Timestamp;

/// In how many days all has its turn, as it stands on a command line; 1 means all of it today.
#[derive(Clone, Copy)]
pub struct Share {
    days: i64,
    day: i64,
}

impl Share {
    pub const ALL: Self = Self { days: 1, day: 0 };

    /// The day is that of UTC.
    pub fn of_today(days: &str) -> Result<Self> {
        let days = days.parse().ok().filter(|days| *days > 0);
        let days = days.context("takes a number of days, such as 2")?;
        Ok(Self { days, day: Timestamp::now().as_second() / 86_400 })
    }

    pub fn is_all(self) -> bool {
        self.days == 1
    }

    /// Takes out what has its turn on another day, of those for which `rotates` holds.
    pub fn retain<T>(self, items: &mut Vec<T>, rotates: impl Fn(&T) -> bool) {
        let all = items.len();
        let mut number = -1;
        items.retain(|item| {
            number += i64::from(rotates(item));
            !rotates(item) || (number - self.day).rem_euclid(self.days) == 0
        });
        if !self.is_all() {
            println!("{} of {all}, the share of today", items.len());
        }
    }
}

/// The date, in UTC, such as `2026-11-22`.
pub fn date() -> String {
    Timestamp::now().strftime("%F").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_as_many_days_as_there_are_shares_each_item_has_its_turn() {
        let on = |day| {
            let mut items = vec!["a", "b", "always", "c"];
            Share { days: 2, day }.retain(&mut items, |item| *item != "always");
            items
        };
        assert_eq!(on(20_000), ["a", "always", "c"]);
        assert_eq!(on(20_001), ["b", "always"]);
        assert!(Share::ALL.is_all() && !Share { days: 2, day: 0 }.is_all());
        let mut items = vec![1, 2, 3];
        Share::ALL.retain(&mut items, |_| true);
        assert_eq!(items, [1, 2, 3]);
    }

    #[test]
    fn no_day_is_no_share() {
        assert!(Share::of_today("0").is_err() && Share::of_today("half").is_err());
    }
}
