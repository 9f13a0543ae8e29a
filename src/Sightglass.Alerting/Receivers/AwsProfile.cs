namespace Sightglass.Alerting.Receivers;

/// <summary>A profile of AWS' shared files: <c>~/.aws/credentials</c> and <c>~/.aws/config</c>, or those that <c>AWS_SHARED_CREDENTIALS_FILE</c> and <c>AWS_CONFIG_FILE</c> name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">What both files say of it; the first wins.</param>
internal sealed record AwsProfile(string Name, IReadOnlyDictionary<string, string> Keys)
{
    /// <summary>Bytes of one of the two files: thousands of profiles.</summary>
    private const int MaxFileBytes = 1 << 20;

    public string this[string key] => Keys.GetValueOrDefault(key, string.Empty);

    /// <summary>The profile, or null when neither file has it. Files are read now: keys that are rotated need no reload.</summary>
    /// <exception cref="DeliveryException">A file cannot be read.</exception>
    public static AwsProfile? Find(string name)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        var isThere = Read(Place("AWS_SHARED_CREDENTIALS_FILE", "credentials"), name, keys);
        // In the other file all but the default have the word before their name.
        isThere |= Read(Place("AWS_CONFIG_FILE", "config"), name == "default" ? name : "profile " + name, keys);
        return isThere ? new AwsProfile(name, keys) : null;
    }

    private static string Place(string variable, string file) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path
        ? path
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".aws", file);

    private static bool Read(string path, string section, Dictionary<string, string> keys)
    {
        string[] lines;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return false;
            }

            lines = file.Length <= MaxFileBytes ? File.ReadAllLines(path) : throw new DeliveryException($"{path}: got {file.Length} bytes, want at most {MaxFileBytes}", recoverable: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeliveryException($"reading {path}: {e.Message}", recoverable: false, e);
        }

        var (isThere, isIn) = (false, false);
        foreach (var line in lines)
        {
            var text = line.Trim();
            if (text is ['[', .. var head, ']'])
            {
                isIn = string.Join(' ', head.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) == section;
                isThere |= isIn;
            }
            else if (isIn && text is not ['#' or ';', ..] && !char.IsWhiteSpace(line, 0) && text.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                // A space and a mark begin a comment; indented lines belong to settings of other services.
                var value = text[(equals + 1)..];
                var comment = value.IndexOfAny(['#', ';']) is var mark && mark > 0 && value[mark - 1] == ' ' ? mark : value.Length;
                keys.TryAdd(text[..equals].Trim().ToLowerInvariant(), value[..comment].Trim());
            }
        }

        return isThere;
    }
}
