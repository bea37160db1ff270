extension String {
    /// The text without those controls of direction that would reach beyond it.
    ///
    /// A screen that writes a name, a cheer and a time into one line may be turned around by an embedding, an override
    /// or an isolate that nobody closes (UAX #9): such openings are left out, and so is what closes nothing. What is
    /// closed before its paragraph ends stays, and so do marks, which turn nothing but themselves. The text never gets
    /// longer.
    /// - Complexity: Linear.
    public var withDirectionsClosed: String {
        guard unicodeScalars.contains(where: { Direction($0)?.isControl ?? false }) else { return self }
        var kept: [Unicode.Scalar?] = []
        kept.reserveCapacity(unicodeScalars.count)
        /// What is open in this paragraph, by its place.
        var open: [(place: Int, isIsolate: Bool)] = []
        var openIsolates = 0
        func leaveOut() {
            for opening in open { kept[opening.place] = nil }
            open.removeAll()
            openIsolates = 0
        }
        for scalar in unicodeScalars {
            kept.append(scalar)
            switch Direction(scalar) {
            case .embedding: open.append((kept.count - 1, false))
            case .isolate:
                open.append((kept.count - 1, true))
                openIsolates += 1
            case .endOfEmbedding:
                // An isolate is a wall: from within it nothing outside is closed.
                if open.last?.isIsolate == false { open.removeLast() } else { kept[kept.count - 1] = nil }
            case .endOfIsolate:
                guard openIsolates > 0 else {
                    kept[kept.count - 1] = nil
                    continue
                }
                // Embeddings within it end with it.
                while open.popLast()?.isIsolate == false {}
                openIsolates -= 1
            case .endOfParagraph: leaveOut()
            case nil: break
            }
        }
        leaveOut()
        var text = String.UnicodeScalarView()
        text.append(contentsOf: kept.lazy.compactMap { $0 })
        return String(text)
    }
}

/// What a scalar does to the direction of what follows.
private enum Direction {
    /// An embedding or an override.
    case embedding
    case isolate
    case endOfEmbedding
    case endOfIsolate
    /// Ends all of them.
    case endOfParagraph

    var isControl: Bool { self != .endOfParagraph }

    init?(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x202A, 0x202B, 0x202D, 0x202E: self = .embedding
        case 0x202C: self = .endOfEmbedding
        case 0x2066...0x2068: self = .isolate
        case 0x2069: self = .endOfIsolate
        case 0x0A, 0x0D, 0x1C...0x1E, 0x85, 0x2029: self = .endOfParagraph
        default: return nil
        }
    }
}
