/// All samples of one metric, as Prometheus reads them (text exposition format 0.0.4).
package struct MetricFamily: Hashable, Sendable {
    /// What kind of number it is.
    package enum Kind: String, Hashable, Sendable {
        /// It only grows, from 0 at the agent's start; its name ends in `_total`.
        case counter
        /// It goes up and down.
        case gauge
        /// Counts by upper bounds: samples with the suffixes `_bucket`, `_sum` and `_count`.
        case histogram
    }

    /// One number.
    package struct Sample: Hashable, Sendable {
        /// Names and values in the order in which they are shown; no name twice.
        package let labels: [Label]
        /// What is appended to the family's name; empty but for histograms.
        package let suffix: String
        /// The number.
        package let value: Double

        /// Joins the three.
        package init(_ value: Double, labels: [Label] = [], suffix: String = "") {
            self.value = value
            self.labels = labels
            self.suffix = suffix
        }
    }

    /// What tells one sample from another.
    package struct Label: Hashable, Sendable {
        /// Letters, digits and underscores; no digit first.
        package let name: String
        /// Any text.
        package let value: String

        /// Joins the two.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Begins with `pipam_` and says the base unit: `pipam_plan_duration_seconds`.
    package let name: String
    /// What it counts, in one sentence.
    package let help: String
    /// What kind of number it is.
    package let kind: Kind
    /// No two with equal labels and suffix.
    package let samples: [Sample]

    /// Joins the four.
    package init(_ name: String, help: String, kind: Kind, samples: [Sample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }
}
