/// Writes TCX (TrainingCenterDatabase v2), in the order of its schema.
public enum TCX {
    /// The file of an activity.
    ///
    /// Its laps, or one over the whole if it has none; a further `Track` in a lap for each stretch after a pause. Distances
    /// are those of the points, or reckoned by our rules. Points without a time are left out. 300 bytes a point.
    ///
    /// - Throws: ``ActivityFileError/noTimes`` without a point that has a time in the years 1 … 9999.
    public static func text(_ activity: Activity) throws(ActivityFileError) -> String { try blocks(activity).text }

    /// The same, in blocks.
    public static func blocks(_ activity: Activity) throws(ActivityFileError) -> BlockText {
        let log = TimedLog(activity)
        guard let start = log.start.flatMap(ISO8601.text) else { throw .noTimes }
        let sport =
            switch activity.sport {
            case .running: "Running"
            case .cycling: "Biking"
            case .walking, .hiking, .swimming, .other: "Other"
            }
        var blocks = BlockText()
        blocks.add(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" \
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="\
            http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2 \
            http://www.garmin.com/xmlschemas/TrainingCenterDatabasev2.xsd">
            <Activities>
            <Activity Sport="\(sport)">
            <Id>\(start)</Id>

            """)
        for lap in log.laps {
            guard let start = ISO8601.text(lap.start) else { continue }
            var text = "<Lap StartTime=\"\(start)\">"
            text += "<TotalTimeSeconds>\(Decimal.text(lap.moving, decimals: 3))</TotalTimeSeconds>"
            text += "<DistanceMeters>\(Decimal.text(lap.distance, decimals: 2))</DistanceMeters>"
            text += "<Calories>\(min(lap.calories, 65_535))</Calories>"
            if let rates = lap.heartRates {
                text += "<AverageHeartRateBpm><Value>\(rates.average)</Value></AverageHeartRateBpm>"
                text += "<MaximumHeartRateBpm><Value>\(rates.maximum)</Value></MaximumHeartRateBpm>"
            }
            text += "<Intensity>Active</Intensity><TriggerMethod>"
            text += (lap.trigger == .distance ? "Distance" : "Manual") + "</TriggerMethod>\n"
            blocks.add(text)
            for stretch in lap.stretches {
                blocks.add("<Track>\n")
                blocks.add(stretch) { entry, text in text += trackpoint(entry) }
                blocks.add("</Track>\n")
            }
            blocks.add("</Lap>\n")
        }
        var text = ""
        if let name = activity.name { text += "<Notes>\(name.inXML)</Notes>\n" }
        text += "<Creator xsi:type=\"Device_t\"><Name>\(GPX.creator)</Name><UnitId>0</UnitId><ProductID>0</ProductID>"
        text += "<Version><VersionMajor>1</VersionMajor><VersionMinor>0</VersionMinor>"
        text += "<BuildMajor>0</BuildMajor><BuildMinor>0</BuildMinor></Version></Creator>\n"
        blocks.add(text + "</Activity>\n</Activities>\n</TrainingCenterDatabase>\n")
        return blocks
    }

    private static func trackpoint(_ entry: TimedLog.Entry) -> String {
        guard let time = ISO8601.text(entry.time) else { return "" }
        var text = "<Trackpoint><Time>\(time)</Time>"
        if let place = entry.point.place {
            text += "<Position><LatitudeDegrees>\(place.latitudeText)</LatitudeDegrees>"
            text += "<LongitudeDegrees>\(place.longitudeText)</LongitudeDegrees></Position>"
        }
        if let elevation = entry.point.elevation {
            text += "<AltitudeMeters>\(Decimal.text(elevation, decimals: 1))</AltitudeMeters>"
        }
        text += "<DistanceMeters>\(Decimal.text(entry.distance, decimals: 2))</DistanceMeters>"
        if let rate = entry.point.heartRate, 1...255 ~= rate {
            text += "<HeartRateBpm><Value>\(rate)</Value></HeartRateBpm>"
        }
        if let cadence = entry.point.cadence, 0...254 ~= cadence { text += "<Cadence>\(cadence)</Cadence>" }
        return text + "</Trackpoint>\n"
    }
}
