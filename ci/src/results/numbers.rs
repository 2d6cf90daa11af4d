//! Numbers as pages show them.

/// With its unit, two digits of it.
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e6 => format!("{} µs", micros(ns)),
        ns => format!("{} ms", plain(significant(ns / 1e6, 2))),
    }
}

pub fn micros(ns: f64) -> String {
    plain(significant(ns / 1e3, 2))
}

/// How many times: what a second run would say too.
pub fn factor(ratio: f64) -> String {
    plain(match ratio {
        ratio if ratio < 3.0 => significant(ratio, 2),
        ratio if ratio < 20.0 => ratio.round(),
        ratio => significant(ratio, if ratio < 100.0 { 2 } else { 1 }),
    })
}

pub fn significant(number: f64, digits: i32) -> f64 {
    if number <= 0.0 {
        return number;
    }
    let unit = 10f64.powi(number.log10().floor() as i32 + 1 - digits);
    (number / unit).round() * unit
}

/// With as many decimals as two digits need, and groups of three.
pub fn plain(number: f64) -> String {
    match number {
        number if number >= 9.95 || number == 0.0 => grouped(number),
        number if number >= 0.995 => format!("{number:.1}"),
        number => format!("{number:.4}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_says_no_more_than_a_second_run_would() {
        let factors = [0.0213, 1.04, 2.66, 13.4, 24.9, 137.0];
        assert_eq!(factors.map(factor), ["0.021", "1.0", "2.7", "13", "25", "100"]);
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!([7.0, 1234.0, 1_000_000.0].map(grouped), ["7", "1,234", "1,000,000"]);
    }
}
