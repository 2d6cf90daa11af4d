//! Bars in SVG, above the table of a measurement.

use crate::results::figures::View;

/// The widths of the drawing: of all, of the names, of the labels, and of the longest bar.
const WIDTH: f64 = 900.0;
const NAMES: f64 = 330.0;
const LABELS: f64 = 52.0;
const BARS: f64 = 430.0;

/// Horizontal bars. Where the longest is a hundred times the shortest, each tick is ten times the one before.
pub fn plot(view: &View, id: &str) -> String {
    let values = || view.bars.iter().flat_map(|(_, bars)| bars).map(|bar| bar.value);
    let most = values().fold(f64::MIN_POSITIVE, f64::max);
    let least = values().filter(|value| *value > 0.0).fold(most, f64::min);
    let is_logarithmic = most / least >= 100.0;
    let first = 10f64.powf(least.log10().floor());
    let logarithmic = |value: f64| (value / first).log10() / (most / first).log10() * BARS;
    let length = |value: f64| match is_logarithmic {
        true if value <= first => 1.0,
        true => logarithmic(value),
        false => value / most * BARS,
    };
    let is_labelled = view.bars.iter().any(|(_, bars)| bars.len() > 1);
    let (left, height, gap) = if is_labelled { (NAMES + LABELS, 16.0, 8.0) } else { (NAMES, 22.0, 2.0) };
    let (mut y, mut body) = (28.0, String::new());
    for (name, bars) in &view.bars {
        let middle = y + height * bars.len() as f64 / 2.0;
        body += &text(NAMES - 8.0, middle + 5.0, "text-anchor=\"end\"", &name.replace('`', ""));
        for bar in bars {
            let long = length(bar.value);
            if is_labelled {
                body += &text(left - 8.0, y + 12.0, "text-anchor=\"end\" font-size=\"12\"", &bar.label);
            }
            body += &format!(
                "<rect x=\"{left}\" y=\"{:.0}\" width=\"{long:.0}\" height=\"{}\" fill=\"var(--links)\"/>\n",
                y + 2.0,
                height - 4.0
            );
            body += &text(left + long + 6.0, y + height / 2.0 + 4.5, "font-size=\"13\"", &bar.text);
            y += height;
        }
        y += gap;
    }
    let ticks = std::iter::successors(Some(first), |tick| Some(tick * 10.0));
    let ticks = ticks.take_while(|tick| is_logarithmic && *tick <= most).map(|tick| {
        format!(
            "<line x1=\"{0:.0}\" y1=\"24\" x2=\"{0:.0}\" y2=\"{y:.0}\" stroke=\"currentColor\" \
             stroke-opacity=\"0.25\"/>\n",
            left + logarithmic(tick)
        )
    });
    let title = if is_logarithmic { &view.logarithmic } else { &view.title };
    format!(
        "<figure class=\"diagram\">\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y:.0}\" viewBox=\"0 0 {WIDTH} {y:.0}\" \
         role=\"img\" aria-labelledby=\"{id}-title\" font-family=\"inherit\" font-size=\"14\" fill=\"var(--fg)\">\n\
         <title id=\"{id}-title\">{}</title>\n{}{}{body}</svg>\n</figure>",
        escaped(title),
        text(0.0, 16.0, "font-weight=\"bold\"", title),
        ticks.collect::<String>()
    )
}

fn text(x: f64, y: f64, attributes: &str, text: &str) -> String {
    format!("<text x=\"{x:.0}\" y=\"{y:.0}\" {attributes}>{}</text>\n", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::figures::Bar;

    #[test]
    fn a_plot_is_one_block_of_html_with_a_title_for_screen_readers() {
        let bar = |value: f64| Bar { label: String::new(), value, text: format!("{value} µs") };
        let view = View {
            title: "Time <of a call>".to_owned(),
            logarithmic: "ten times the one before".to_owned(),
            bars: vec![("plain `a`".to_owned(), vec![bar(0.1)]), ("<b>".to_owned(), vec![bar(65.0)])],
        };
        let text = plot(&view, "bench-await");
        assert!(text.contains("role=\"img\"") && text.contains("<title id=\"bench-await-title\">"), "{text}");
        assert!(text.contains("&lt;b&gt;") && text.contains("plain a<"), "{text}");
        assert!(text.contains("ten times the one before"), "{text}");
        // The policy of the site allows no style, and a blank line would end the block in Markdown.
        assert!(!text.contains("style=") && !text.contains("\n\n"), "{text}");
    }
}
