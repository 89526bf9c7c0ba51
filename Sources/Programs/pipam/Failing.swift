import ArgumentParser
import Control

/// Something was done, and something needs a person.
let attention = ExitCode(2)

/// Runs a verb; an error is told in its own words, and the exit status is 1.
func failing(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let status as ExitCode {
        throw status
    } catch {
        StandardStreams.complain("pipam: \(error)")
        throw ExitCode.failure
    }
}
