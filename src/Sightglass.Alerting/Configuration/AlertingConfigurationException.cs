namespace Sightglass.Alerting;

/// <summary>A rule file or an Alertmanager configuration that is refused: says where and what was expected.</summary>
public sealed class AlertingConfigurationException : Exception
{
    /// <summary>Makes one for a line of a file.</summary>
    public AlertingConfigurationException(string file, int line, string detail)
        : base($"{file}:{line}: {detail}")
    {
        File = file;
        Line = line;
        Detail = detail;
    }

    /// <summary>The file as it was named.</summary>
    public string File { get; }

    /// <summary>Line in it, from 1.</summary>
    public int Line { get; }

    /// <summary>The sentence without the place.</summary>
    public string Detail { get; }
}
