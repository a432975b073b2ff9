extension ScriptShare {
    /// Gives the guest a job. The same job again is done already.
    ///
    /// - Throws: ``NetStoreError`` `.conflict` when another job has its name, `.tampered` when the guest has put
    ///   something else where jobs go, `.notFound` without a share.
    public func enqueue(_ job: ScriptJob) async throws(NetStoreError) {
        try await BlockingWork.run { () throws(NetStoreError) in
            let jobs = try opened().folder("job")
            guard try !isEnqueued(job, in: jobs) else { return }
            let temporary = Folder.temporaryName()
            try write(job, into: try jobs.makeFolder(temporary))
            do throws(NetStoreError) {
                try jobs.rename(temporary, to: job.name.description)
            } catch {
                // What cannot be removed now goes with the share.
                try? TreeRemoval.remove(temporary, in: jobs)
                throw error
            }
        }
    }

    /// Whether the guest's runner says that it has begun the job.
    public func hasStarted(_ job: JobName) async throws(NetStoreError) -> Bool {
        try await BlockingWork.run { () throws(NetStoreError) -> Bool in
            try opened().has("out/\(job).started")
        }
    }

    /// What became of a job; nil while it is not finished.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - nonce: The job's nonce: an answer without it is another's.
    /// - Returns: How it ended, with what it left behind.
    /// - Throws: ``NetStoreError`` `.tampered` when the answer is not what was agreed.
    public func outcome(of job: JobName, nonce: String) async throws(NetStoreError) -> JobOutcome? {
        try await BlockingWork.run { () throws(NetStoreError) -> JobOutcome? in
            let share = try opened()
            guard try share.has("out/\(job)") else { return nil }
            let answer = try share.folder("out/\(job)")
            guard let status = try answer.read("status", limit: Self.readLimit) else {
                throw NetStoreError(.tampered, "job \(job): the answer has no status")
            }
            // What a guest wrote may become visible after the name it is under: an empty status is one that is still to come.
            guard !status.bytes.isEmpty else { return nil }
            return try outcome(of: job, nonce: nonce, status: GuestLines(status.bytes), in: answer)
        }
    }

    private func outcome(
        of job: JobName,
        nonce: String,
        status: GuestLines,
        in answer: borrowing Folder
    ) throws(NetStoreError) -> JobOutcome {
        guard status["nonce"] == nonce else {
            throw NetStoreError(.tampered, "job \(job): the answer is not to this job")
        }
        guard let ending = Self.ending(status), let isTimeout = Self.answer(status["timeout"]) else {
            throw NetStoreError(.tampered, "job \(job): the status does not say how the script ended")
        }
        let output = try answer.read("stdout", limit: Self.readLimit)
        let errors = try answer.read("stderr", limit: Self.readLimit)
        let attributes = GuestLines(try answer.read("attributes", limit: Self.readLimit)?.bytes ?? [])
        let usage = GuestLines(try answer.read("usage", limit: Self.readLimit)?.bytes ?? [])
        return JobOutcome(
            ending: ending,
            isTimeout: isTimeout,
            started: status.number("started") ?? 0,
            finished: status.number("finished") ?? 0,
            output: output?.bytes ?? [],
            errors: errors?.bytes ?? [],
            isCut: output?.isCut == true || errors?.isCut == true,
            attributes: attributes.values,
            badAttributeLines: attributes.badLines,
            usage: usage.numbers
        )
    }

    private static func ending(_ status: GuestLines) -> JobOutcome.Ending? {
        switch (status["exit"].flatMap(Int.init), status["signal"].flatMap(Int.init)) {
        case (let exit?, nil) where (0...255).contains(exit): .exit(exit)
        case (nil, let signal?) where (1...64).contains(signal): .signal(signal)
        default: nil
        }
    }

    private static func answer(_ text: String?) -> Bool? {
        switch text {
        case "yes": true
        case "no": false
        default: nil
        }
    }

    private func isEnqueued(_ job: ScriptJob, in jobs: borrowing Folder) throws(NetStoreError) -> Bool {
        guard try jobs.has(job.name.description) else { return false }
        let nonce = try jobs.read("\(job.name)/nonce", limit: Self.readLimit)
        guard nonce?.bytes == Array(job.nonce.utf8) + [0x0A] else {
            throw NetStoreError(.conflict, "job \(job.name) is there already, and is another one")
        }
        return true
    }

    private func write(_ job: ScriptJob, into folder: consuming Folder) throws(NetStoreError) {
        try folder.write("run", job.script, mode: job.isExecutable ? 0o700 : 0o600)
        try folder.write("limits", Array(job.limits.utf8))
        try folder.write("nonce", Array(job.nonce.utf8) + [0x0A])
        let environment = try folder.makeFolder("env")
        for (name, value) in job.environment { try environment.write(name, Array(value.utf8)) }
    }
}
