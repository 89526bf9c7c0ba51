/// Runs something, at most for some time: then it is cancelled, and `unavailable` thrown, or
/// `unknownOutcome` for what changes something.
func withDeadline<Value: Sendable>(
    _ deadline: Duration, isAction: Bool = false,
    _ body: @escaping @Sendable () async throws(ControlError) -> Value
) async throws(ControlError) -> Value {
    let result = await withTaskGroup(of: Result<Value, ControlError>?.self) { group in
        group.addTask {
            do throws(ControlError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        group.addTask {
            // Ends early only when nobody needs it any more.
            try? await Task.sleep(for: deadline)
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
    guard let result else {
        guard !isAction else {
            throw .unknownOutcome(
                "it took longer than \(deadline): it may have been done, or may be yet",
                remedy: "see how it stands before you ask again")
        }
        throw .unavailable(
            "it took longer than \(deadline)",
            remedy: "see GET /v1/status, and try again")
    }
    return try result.get()
}
