/// What an object does when it is used by one client at a time. The checker asks whether a history
/// of several clients could have been that.
package protocol SequentialModel {
    /// What the object remembers.
    associatedtype State: Hashable
    /// What a client asks.
    associatedtype Input
    /// What a client is told.
    associatedtype Output

    /// Before the first operation.
    static var initial: State { get }

    /// The states that an operation may lead to; none if the object would never answer so. The
    /// output is `nil` where nobody knows it: then every state that some answer leads to. That
    /// the operation had no effect at all need not be among them, the checker adds it.
    static func step(_ state: State, _ input: Input, _ output: Output?) -> [State]
}

/// One operation of a history.
package struct Operation<Model: SequentialModel> {
    /// Who asked; only for people.
    package let client: String
    /// When it was asked. Moments are positions in the whole history, all different.
    package let called: Int
    /// When the answer came; `nil` if none did: it may take effect at any later time, or never.
    package let returned: Int?
    /// What was asked.
    package let input: Model.Input
    /// What was answered; `nil` if the outcome is unknown.
    package let output: Model.Output?
    /// Where it most likely stands among the others. The search tries this order first, which
    /// makes it short; what it finds does not depend on it.
    package let hint: UInt64?

    /// Joins the parts. An operation has an output exactly if it returned.
    package init(
        client: String, called: Int, returned: Int?, input: Model.Input, output: Model.Output?,
        hint: UInt64? = nil
    ) {
        precondition((returned == nil) == (output == nil), "half an answer to \(client)")
        self.client = client
        self.called = called
        self.returned = returned
        self.input = input
        self.output = output
        self.hint = hint
    }
}
