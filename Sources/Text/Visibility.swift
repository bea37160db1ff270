extension StringProtocol {
    /// Whether nothing of the text can be seen: it is empty, or blanks, fillers and controls from one end to the other.
    public var isInvisible: Bool { unicodeScalars.allSatisfy(\.isInvisible) }

    /// Whether there is anything in it that a font shows nothing for: by such characters one text passes for another.
    ///
    /// Joiners of emoji and of Indic and Arabic scripts are among them.
    public var hasDefaultIgnorables: Bool {
        unicodeScalars.contains(where: \.properties.isDefaultIgnorableCodePoint)
    }

    /// Whether there is anything in it that cannot be seen and is no part of a character that can.
    ///
    /// Joiners and variation selectors behind a visible character are part of it, and so are the tags behind a black
    /// flag, which make Scotland's of it.
    public var hasStrayInvisibles: Bool {
        contains { character in
            let scalars = character.unicodeScalars
            guard let base = scalars.first else { return false }
            guard !base.properties.isDefaultIgnorableCodePoint, !base.isBlankSign else { return true }
            return scalars.dropFirst().contains { scalar in
                scalar.properties.isDefaultIgnorableCodePoint && !scalar.isJoiner
                    && !(scalar.isTag && base == "\u{1F3F4}")
            }
        }
    }
}

extension Unicode.Scalar {
    /// Whether it shows nothing, wherever it stands.
    public var isInvisible: Bool {
        let properties = properties
        return properties.isWhitespace || properties.isDefaultIgnorableCodePoint || isBlankSign
            || properties.generalCategory == .control
    }

    /// Signs that are empty by design and that Unicode calls neither white space nor ignorable: Braille's, those of
    /// Egyptian and Khitan, a note of music without a head, and the marks of annotations.
    var isBlankSign: Bool {
        switch value {
        case 0x2800, 0x13441, 0x13442, 0x16FE4, 0x1D159, 0xFFF9...0xFFFB: true
        default: false
        }
    }

    /// The two joiners and the selectors of variants.
    fileprivate var isJoiner: Bool {
        switch value {
        case 0x200C, 0x200D, 0x180B...0x180D, 0x180F, 0xFE00...0xFE0F, 0xE0100...0xE01EF: true
        default: false
        }
    }

    fileprivate var isTag: Bool { (0xE0020...0xE007F).contains(value) }
}
