extension String {
    /// The text as it may stand in XML between tags and in attributes: what XML reserves is escaped, and what it forbids
    /// is left out.
    var inXML: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // As they are, a reader would make a line feed of the one and a blank of the others in attributes.
            case "\r": result += "&#13;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            default:
                let isForbidden = scalar.value < 0x20 || scalar.value & 0xfffe == 0xfffe && scalar.value <= 0xffff
                if !isForbidden { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}
