using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sightglass.Alerting;

/// <summary>
/// A mapping of a YAML file, read strictly: each key is asked for by name and <see cref="RejectUnknown"/> refuses what nobody asked for,
/// naming the nearest key that exists. Merge keys (<c>&lt;&lt;</c>) and aliases are followed.
/// </summary>
internal sealed class YamlSection
{
    private readonly YamlFile _file;
    private readonly YamlNode _node;
    private readonly Dictionary<string, (YamlNode Key, YamlNode Value)> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public YamlSection(YamlFile file, YamlNode node, string what)
    {
        _file = file;
        _node = node;
        What = what;
        if (YamlFile.IsNull(node))
        {
            return;
        }

        if (node is not YamlMappingNode)
        {
            throw file.Error(node, $"{what} has to be a mapping");
        }

        Collect(node, 0);
    }

    public string What { get; }

    public int Line => (int)_node.Start.Line;

    /// <summary>The line of a key that is there.</summary>
    public int LineOf(string key) => (int)_entries[key].Key.Start.Line;

    /// <summary>The keys, in the file's order.</summary>
    public IReadOnlyCollection<string> Keys => _entries.Keys;

    public bool Has(string key)
    {
        _known.Add(key);
        return _entries.TryGetValue(key, out var entry) && !YamlFile.IsNull(entry.Value);
    }

    public YamlNode? Node(string key) => Has(key) ? _entries[key].Value : null;

    public string? Text(string key) => Node(key) is { } node ? _file.Scalar(node, key) : null;

    public string Text(string key, string otherwise) => Text(key) ?? otherwise;

    public Secret? Secret(string key) => Confidential(key) is { } text ? new Secret(text) : null;

    /// <summary>The text of a secret; <c>${NAME}</c>, and nothing around it, is the environment's variable.</summary>
    /// <exception cref="AlertingConfigurationException">There is no such variable.</exception>
    public string? Confidential(string key)
    {
        var text = Text(key);
        return text is ['$', '{', .. var name, '}'] && name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? Environment.GetEnvironmentVariable(name) ?? throw Error(key, $"{key}: there is no environment variable {name}")
            : text;
    }

    public bool? Bool(string key) => Text(key) switch
    {
        null => null,
        "true" or "True" or "TRUE" or "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        var other => throw Error(key, $"{key}: got \"{other}\", want true or false"),
    };

    public long? Integer(string key) => Text(key) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw Error(key, $"{key}: got \"{text}\", want a whole number");

    public TimeSpan? Duration(string key) => Text(key) is not { } text ? null
        : PromDuration.TryParse(text, out var value) ? value
        : throw Error(key, $"{key}: got \"{text}\", want a duration such as 30s or 1h30m");

    /// <summary>A duration as Go writes one: units up to hours, fractions and signs. A negative one is none.</summary>
    public TimeSpan? GoTime(string key) => Text(key) is not { } text ? null
        : GoDuration.TryParse(text, out var nanoseconds) ? TimeSpan.FromTicks(Math.Max(0, nanoseconds / TimeSpan.NanosecondsPerTick))
        : throw Error(key, $"{key}: got \"{text}\", want a duration such as 30s or 1h30m");

    public YamlSection? Section(string key) => Node(key) is { } node ? new YamlSection(_file, node, key) : null;

    /// <summary>A mapping that stands somewhere in this section.</summary>
    public YamlSection Of(YamlNode node, string what) => new(_file, node, what);

    public List<YamlSection> Sections(string key)
    {
        var sections = new List<YamlSection>();
        foreach (var item in Items(key))
        {
            sections.Add(new YamlSection(_file, item, $"an entry of {key}"));
        }

        return sections;
    }

    public List<string> Texts(string key)
    {
        var texts = new List<string>();
        foreach (var item in Items(key))
        {
            texts.Add(_file.Scalar(item, key));
        }

        return texts;
    }

    public IReadOnlyList<YamlNode> Items(string key)
    {
        var node = Node(key);
        return node is null ? [] : node is YamlSequenceNode sequence ? _file.Items(sequence) : throw Error(key, $"{key} has to be a list");
    }

    /// <summary>A mapping of texts, in the file's order.</summary>
    public List<KeyValuePair<string, string>> Map(string key, bool nullIsError = false)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        if (Section(key) is not { } section)
        {
            return pairs;
        }

        foreach (var (name, entry) in section._entries)
        {
            if (nullIsError && YamlFile.IsNull(entry.Value))
            {
                throw _file.Error(entry.Key, $"{key}: {name} has no value");
            }

            pairs.Add(KeyValuePair.Create(name, YamlFile.IsNull(entry.Value) ? string.Empty : _file.Scalar(entry.Value, name)));
        }

        return pairs;
    }

    /// <summary>Marks keys as known without reading them.</summary>
    public void Accept(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            _known.Add(key);
        }
    }

    /// <exception cref="AlertingConfigurationException">There is a key that was never asked for.</exception>
    public void RejectUnknown()
    {
        foreach (var (name, entry) in _entries)
        {
            if (!_known.Contains(name))
            {
                var nearest = NearestName.Find(name, _known);
                throw _file.Error(entry.Key, $"unknown key \"{name}\" in {What}" + (nearest is null ? string.Empty : $", did you mean \"{nearest}\"?"));
            }
        }
    }

    public AlertingConfigurationException Error(string message) => _file.Error(_node, message);

    public AlertingConfigurationException Error(string key, string message) => _file.Error(_entries.TryGetValue(key, out var entry) ? entry.Key : _node, message);

    /// <summary>An error inside a text of several lines: names the line that <paramref name="position"/> is on, where the text stands in the file as it is.</summary>
    public AlertingConfigurationException ErrorIn(string key, int position, string message)
    {
        if (position < 0 || Node(key) is not YamlScalarNode { Style: ScalarStyle.Literal, Value: { } text } node)
        {
            return Error(key, message);
        }

        var leading = text.Length - text.AsSpan().TrimStart().Length;
        var line = (int)node.Start.Line + 1 + text.AsSpan(0, Math.Min(leading + position, text.Length)).Count('\n');
        return new AlertingConfigurationException(_file.Name, line, message);
    }

    private void Collect(YamlNode node, int depth)
    {
        if (node is not YamlMappingNode mapping || depth > AlertingLimits.MaxConfigurationDepth)
        {
            throw _file.Error(node, "a merge key (<<) needs a mapping or a list of mappings");
        }

        foreach (var (keyNode, value) in mapping.Children)
        {
            _file.Count(value);
            var key = keyNode is YamlScalarNode { Value: { } text } ? text : throw _file.Error(keyNode, "a key has to be text");
            if (key != "<<")
            {
                _entries.TryAdd(key, (keyNode, value));
            }
        }

        foreach (var (keyNode, value) in mapping.Children)
        {
            if (keyNode is YamlScalarNode { Value: "<<" })
            {
                foreach (var merged in value is YamlSequenceNode list ? list.Children : [value])
                {
                    Collect(merged, depth + 1);
                }
            }
        }
    }
}

/// <summary>One YAML file: its name for errors and the bound on its nodes.</summary>
internal sealed class YamlFile(string name)
{
    private int _nodes;

    public string Name { get; } = name;

    /// <summary>Reads the file's only document; an empty file is an empty section.</summary>
    /// <exception cref="AlertingConfigurationException">It is no YAML, has two documents, or is over a limit.</exception>
    public YamlSection Read(string text, string what)
    {
        var stream = Load(text);
        return stream.Documents.Count switch
        {
            0 => new YamlSection(this, new YamlMappingNode(), what),
            1 => new YamlSection(this, stream.Documents[0].RootNode, what),
            _ => throw Error(stream.Documents[1].RootNode, "a second YAML document in the file"),
        };
    }

    /// <summary>Reads every document of the file that is not empty.</summary>
    /// <exception cref="AlertingConfigurationException">It is no YAML, or is over a limit.</exception>
    public List<YamlSection> ReadAll(string text, string what) =>
        [.. Load(text).Documents.Where(static d => !IsNull(d.RootNode)).Select(d => new YamlSection(this, d.RootNode, what))];

    private YamlStream Load(string text)
    {
        if (text.Length > AlertingLimits.MaxConfigurationLength)
        {
            throw new AlertingConfigurationException(Name, 1, $"{text.Length} characters, limit MaxConfigurationLength is {AlertingLimits.MaxConfigurationLength}");
        }

        var stream = new YamlStream();
        try
        {
            var depth = 0;
            for (var parser = new Parser(new Scanner(new StringReader(text))); parser.MoveNext();)
            {
                depth += parser.Current!.NestingIncrease;
                if (depth > AlertingLimits.MaxConfigurationDepth + 2)
                {
                    throw new AlertingConfigurationException(Name, (int)parser.Current.Start.Line, $"nested too deeply, limit MaxConfigurationDepth is {AlertingLimits.MaxConfigurationDepth}");
                }
            }

            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new AlertingConfigurationException(Name, (int)e.Start.Line, "not valid YAML: " + (e.InnerException?.Message ?? e.Message));
        }
        catch (InvalidOperationException)
        {
            // The reader gives up so on some texts, without saying where.
            throw new AlertingConfigurationException(Name, 1, "not valid YAML");
        }

        return stream;
    }

    /// <summary>A plain empty value, <c>~</c> or <c>null</c>: the same as a key that is not there.</summary>
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain or ScalarStyle.Any, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    public IReadOnlyList<YamlNode> Items(YamlSequenceNode sequence)
    {
        foreach (var item in sequence.Children)
        {
            Count(item);
        }

        return (IReadOnlyList<YamlNode>)sequence.Children;
    }

    public string Scalar(YamlNode node, string key) => node is YamlScalarNode { Value: { } value } ? value : throw Error(node, $"{key} has to be a single value");

    public void Count(YamlNode node)
    {
        if (++_nodes > AlertingLimits.MaxConfigurationNodes)
        {
            throw Error(node, $"more than {AlertingLimits.MaxConfigurationNodes} YAML nodes, the limit MaxConfigurationNodes");
        }
    }

    public AlertingConfigurationException Error(YamlNode node, string message) => new(Name, (int)node.Start.Line, message);
}
