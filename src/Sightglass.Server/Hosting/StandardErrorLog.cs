using System.Text;

namespace Sightglass.Server.Hosting;

/// <summary>
/// The server's log: a line on standard error for each message that is worth a warning or more. Kestrel's warnings are about its clients and only errors are told.
/// The framework's factory asks every provider for its attributes by reflection, at every start. Thread-safe.
/// </summary>
internal sealed class StandardErrorLog : ILoggerFactory
{
    /// <summary>The only one that is needed.</summary>
    public static readonly StandardErrorLog Instance = new();

    private StandardErrorLog()
    {
    }

    public ILogger CreateLogger(string categoryName) =>
        new Category(categoryName, categoryName.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) ? LogLevel.Error : LogLevel.Warning);

    /// <exception cref="NotSupportedException">Always: there is one log.</exception>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("there is one log");

    /// <summary>Writes a line, or leaves it: what standard error goes to may be on the disk that is full, which is no reason to stop.</summary>
    public static void WriteLine(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // The line is lost; what it is about is in alerts and metrics too.
        }
    }

    public void Dispose()
    {
    }

    private sealed class Category(string name, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var line = new StringBuilder().Append(Short(logLevel)).Append(": ").Append(name).Append('[').Append(eventId.Id).Append("] ").Append(formatter(state, exception));
            if (exception is not null)
            {
                line.Append(' ').Append(exception);
            }

            // One message is one line, whatever its text came from.
            line.Replace("\r", string.Empty).Replace('\n', ' ');
            StandardErrorLog.WriteLine(line.ToString());
        }

        private static string Short(LogLevel level) => level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
    }
}
