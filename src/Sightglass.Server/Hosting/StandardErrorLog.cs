using System.Text;

namespace Sightglass.Server.Hosting;

/// <summary>The server's log: a line for each message on standard error. Thread-safe.</summary>
internal sealed class StandardErrorLog : ILoggerProvider
{
    /// <summary>A factory of loggers that write here what is worth a warning or more. Kestrel's warnings are about its clients and only errors are told.</summary>
    public static LoggerFactory Factory() => new([new StandardErrorLog()], new LoggerFilterOptions
    {
        MinLevel = LogLevel.Warning,
        Rules = { new LoggerFilterRule(null, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error, null) },
    });

    public ILogger CreateLogger(string categoryName) => new Category(categoryName);

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

    private sealed class Category(string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
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
