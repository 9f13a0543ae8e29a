using System.Globalization;
using Sightglass.Core.Errors;

namespace Sightglass.Server.State;

/// <summary>Where the next answer of a list goes on: the time and the number of the last row, as text that is only to be handed back.</summary>
internal static class EventCursor
{
    public static string Write(DateTimeOffset at, long id) => string.Create(CultureInfo.InvariantCulture, $"{at.UtcTicks:x}-{id:x}");

    /// <exception cref="QueryException">It is none of ours.</exception>
    public static (DateTimeOffset At, long Id) Read(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0
            && long.TryParse(text.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var ticks)
            && long.TryParse(text.AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            && ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks)
        {
            return (new DateTimeOffset(ticks, TimeSpan.Zero), id);
        }

        throw new QueryException(QueryErrorKind.BadData, "cursor: not one that an answer gave");
    }
}
