/// Runs something, at most for some time: then it is cancelled, and `unavailable` thrown.
func withDeadline<Value: Sendable>(
    _ deadline: Duration, _ body: @escaping @Sendable () async throws(ControlError) -> Value
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
        throw .unavailable(
            "it took longer than \(deadline)",
            remedy: "see GET /v1/status whether it was done, and try again")
    }
    return try result.get()
}
