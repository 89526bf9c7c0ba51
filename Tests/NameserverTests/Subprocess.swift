import Glibc
import Testing

/// Runs a program to its end and gives what it printed. It blocks the calling thread; the programs
/// used here have time-outs of their own.
func run(_ program: String, _ arguments: [String]) throws -> String {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    for end in ends { try #require(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    let status = posix_spawnp(&child, program, &actions, nil, &words, environ)
    close(ends[1])
    defer { close(ends[0]) }
    try #require(status == 0, "\(program) cannot be started: \(String(cString: strerror(status)))")
    let output = readAll(ends[0])
    var result: Int32 = 0
    try #require(waitpid(child, &result, 0) == child)
    return output
}

private func readAll(_ descriptor: Int32) -> String {
    var output: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &room, room.count)
        guard count > 0 else { return String(decoding: output, as: UTF8.self) }
        output += room[..<count]
    }
}
