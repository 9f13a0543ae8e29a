using System.Text;
using System.Text.RegularExpressions;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Parsers;

/// <summary>Reads one text into attributes of the row that is being made. Not thread-safe.</summary>
internal abstract class LineStage
{
    /// <summary>False when the text is not of the stage's format; attributes added until then are dropped by the caller.</summary>
    public abstract bool Read(ReadOnlySpan<byte> text, in LineContext context, LogBatch batch, ref LogRow row);

    public static LineStage Create(StageConfiguration configuration) => configuration.Format switch
    {
        LineFormat.Json => new JsonStage(KnownFields.Of(configuration)),
        LineFormat.Logfmt => new LogfmtStage(KnownFields.Of(configuration)),
        LineFormat.Regexp => new RegexpStage(configuration.Expression!, KnownFields.Of(configuration)),
        LineFormat.Nginx => new NginxStage(),
        LineFormat.Apache => new ApacheStage(),
        _ => new PlainStage(),
    };

    private sealed class PlainStage : LineStage
    {
        public override bool Read(ReadOnlySpan<byte> text, in LineContext context, LogBatch batch, ref LogRow row) => true;
    }

    private sealed class JsonStage(KnownFields fields) : LineStage
    {
        public override bool Read(ReadOnlySpan<byte> text, in LineContext context, LogBatch batch, ref LogRow row) => JsonLine.Read(text, fields, context, batch, ref row);
    }

    private sealed class NginxStage : LineStage
    {
        public override bool Read(ReadOnlySpan<byte> text, in LineContext context, LogBatch batch, ref LogRow row) =>
            AccessLine.Nginx(text, batch, ref row) || ErrorLine.Nginx(text, context.Zone, batch, ref row);
    }

    private sealed class ApacheStage : LineStage
    {
        public override bool Read(ReadOnlySpan<byte> text, in LineContext context, LogBatch batch, ref LogRow row) =>
            AccessLine.Apache(text, batch, ref row) || ErrorLine.Apache(text, context.Zone, batch, ref row);
    }

    private sealed class RegexpStage(Regex expression, KnownFields fields) : LineStage
    {
        private readonly (int Number, string Name)[] _groups =
            [.. expression.GetGroupNames().Where(n => !char.IsAsciiDigit(n[0])).Select(n => (expression.GroupNumberFromName(n), n))];

        public override bool Read(ReadOnlySpan<byte> text, in LineContext context, LogBatch batch, ref LogRow row)
        {
            var match = expression.Match(Encoding.UTF8.GetString(text));
            if (!match.Success)
            {
                return false;
            }

            var timeRead = true;
            foreach (var (number, name) in _groups)
            {
                var group = match.Groups[number];
                if (group.Success && group.Length > 0 && !fields.Take(name, group.Value, context, batch, ref row))
                {
                    timeRead &= !fields.IsTime(name) || !fields.HasTimeFormat;
                    batch.AddAttribute(Encoding.UTF8.GetBytes(name), AttributeType.String, Encoding.UTF8.GetBytes(group.Value));
                }
            }

            return timeRead;
        }
    }

    private sealed class LogfmtStage(KnownFields fields) : LineStage
    {
        public override bool Read(ReadOnlySpan<byte> text, in LineContext context, LogBatch batch, ref LogRow row) => LogfmtLine.Read(text, fields, context, batch, ref row);
    }
}

/// <summary>What a stage needs to know beside the text.</summary>
/// <param name="Zone">The zone of times that name none.</param>
/// <param name="Now">The time of reading.</param>
internal readonly record struct LineContext(TimeZoneInfo Zone, DateTimeOffset Now);
