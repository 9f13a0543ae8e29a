using Sightglass.Core.Contracts;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.Pipeline;

namespace Sightglass.Query.LogQL.View;

/// <summary>
/// Turns rows of a store's pages into log entries as Loki shows them: the body as the line, resource, scope and row attributes and
/// fixed fields as structured metadata, and the detected level. Reads only the columns that the query needs. Not thread-safe.
/// </summary>
internal sealed class RowReader
{
    private static readonly (string Label, string Field)[] FieldLabels =
    [
        ("scope_name", EventFields.ScopeName),
        ("scope_version", EventFields.ScopeVersion),
        ("observed_timestamp", EventFields.ObservedTime),
        ("severity_number", EventFields.SeverityNumber),
        ("severity_text", EventFields.SeverityText),
        ("dropped_attributes_count", EventFields.DroppedAttributes),
        ("flags", EventFields.Flags),
        ("trace_id", EventFields.TraceId),
        ("span_id", EventFields.SpanId),
        ("event_name", EventFields.EventName),
    ];

    /// <summary>Labels of fixed fields.</summary>
    public static readonly string[] FieldNames = Array.ConvertAll(FieldLabels, static f => f.Label);

    /// <summary>The field that a label is of; null when it is of none.</summary>
    public static string? FieldOf(string label) => FieldLabels.FirstOrDefault(f => f.Label == label).Field;

    /// <summary>Those of the scope: its name and its version.</summary>
    public static readonly string[] ScopeNames = ["scope_name", "scope_version"];

    private readonly LabelNames _names = new(LabelNames.FromAttribute);
    private readonly LogEntry _entry;
    private readonly LabelNeeds _needs;
    private readonly bool _needsLevel;
    private readonly List<ColumnRef> _columns = [];
    private readonly List<string> _fieldLabels = [];
    private readonly List<string> _attributeLabels = [];
    private readonly int _severityNumber = -1;
    private readonly int _body = -1;
    private readonly Dictionary<EventScope, List<Label>> _scopes = [];
    private int[]? _places;
    private EventStream? _lastSource;
    private LokiStream? _lastStream;

    /// <summary>
    /// A reader for a query. <paramref name="attributeKeys"/> are the keys that rows may have; asked only when not all labels are needed. With
    /// <paramref name="haveSeverity"/> no line is read for its level: those with <see cref="LevelIsOfLine"/> are no entries.
    /// </summary>
    public RowReader(LogEntry entry, LabelNeeds needs, bool needsLine, Func<IReadOnlyList<string>> attributeKeys, bool haveSeverity = false)
    {
        _entry = entry;
        _needs = needs;
        _needsLevel = needs.Contains(LevelDetector.Label);
        if (needsLine || (_needsLevel && !haveSeverity))
        {
            _body = Add(EventFields.Body);
        }

        foreach (var (label, field) in FieldLabels)
        {
            if (needs.Contains(label) || (_needsLevel && label is ("severity_text" or "severity_number")))
            {
                _fieldLabels.Add(label);
                var at = Add(field);
                _severityNumber = label == "severity_number" ? at : _severityNumber;
            }
            else
            {
                _fieldLabels.Add(string.Empty);
            }
        }

        if (!needs.All && (needs.Names.Count > 0 || _needsLevel))
        {
            foreach (var key in attributeKeys())
            {
                var name = _names[key];
                if (IsRead(name) || needs.Names.Any(n => n.StartsWith(name + "_", StringComparison.Ordinal)))
                {
                    _columns.Add(new ColumnRef(ColumnScope.Attribute, key));
                    _attributeLabels.Add(name);
                }
            }
        }
    }

    /// <summary>What the plan has to ask for.</summary>
    public IReadOnlyList<ColumnRef> Columns => _columns;

    /// <summary>Whether the plan has to ask for every attribute.</summary>
    public bool AllAttributes => _needs.All;

    /// <summary>Reads from the columns of a plan that several readers share, to which it adds those of its own that are missing.</summary>
    public void ShareColumns(List<ColumnRef> columns)
    {
        _places = new int[_columns.Count];
        for (var i = 0; i < _places.Length; i++)
        {
            _places[i] = columns.IndexOf(_columns[i]);
            if (_places[i] < 0)
            {
                _places[i] = columns.Count;
                columns.Add(_columns[i]);
            }
        }
    }

    /// <summary>The level of the current entry is what its line tells.</summary>
    public bool LevelIsOfLine { get; private set; }

    /// <summary>Makes a row of a page the current entry.</summary>
    public void Read(EventPage page, int row)
    {
        LevelIsOfLine = false;
        var source = page.Streams[row];
        if (!ReferenceEquals(source, _lastSource))
        {
            _lastSource = source;
            _lastStream = LokiStream.Of(source);
        }

        var stream = _lastStream!;
        if (_body >= 0)
        {
            var body = Column(page, _body);
            if (body.TypeOf(row) == AttributeType.String)
            {
                _entry.Begin(stream, page.TimesUnixNano[row], body.Bytes(row));
            }
            else
            {
                _entry.Begin(stream, page.TimesUnixNano[row], System.Text.Encoding.UTF8.GetBytes(body.Text(row)));
            }
        }
        else
        {
            _entry.Begin(stream, page.TimesUnixNano[row], default);
        }

        AddMetadata(page, row, stream);
        if (_needsLevel && !_entry.TryGet(LevelDetector.Label, out _))
        {
            AddLevel(page, row, stream);
        }
    }

    /// <summary>The label that a column of the plan becomes, when it is no composite. Only without lines.</summary>
    public string LabelOf(int column) => Alone(column, out var attribute) ?? _attributeLabels[attribute];

    /// <summary>Makes a value of one column the current entry, of a stream without labels. Only without lines.</summary>
    public void ReadAlone(int column, EventColumn values, int row)
    {
        _entry.Begin(LokiStream.Empty, 0, default);
        if (Alone(column, out var attribute) is { } field)
        {
            AddField(field, values, row);
        }
        else
        {
            AddAttribute(_attributeLabels[attribute], values, row);
        }
    }

    /// <summary>The label of a column of a fixed field; of another null and its number among those of attributes.</summary>
    private string? Alone(int column, out int attribute)
    {
        attribute = column;
        foreach (var label in _fieldLabels)
        {
            if (label.Length > 0 && attribute-- == 0)
            {
                return label;
            }
        }

        return null;
    }

    private void AddMetadata(EventPage page, int row, LokiStream stream)
    {
        foreach (var label in stream.Metadata)
        {
            Add(label);
        }

        if (page.Scopes[row] is { Attributes.Count: > 0 } scope)
        {
            foreach (var label in ScopeLabels(scope))
            {
                Add(label);
            }
        }

        var at = _body >= 0 ? 1 : 0;
        var fields = at;
        for (var i = 0; i < FieldLabels.Length; i++)
        {
            fields += _fieldLabels[i].Length > 0 ? 1 : 0;
        }

        if (_needs.All)
        {
            foreach (var (key, column) in page.Attributes)
            {
                // Of many keys a row has few.
                if (column.TypeOf(row) != AttributeType.None)
                {
                    AddAttribute(_names[key], column, row);
                }
            }
        }
        else
        {
            for (var i = 0; i < _attributeLabels.Count; i++)
            {
                AddAttribute(_attributeLabels[i], Column(page, fields + i), row);
            }
        }

        foreach (var label in _fieldLabels)
        {
            if (label.Length > 0)
            {
                AddField(label, Column(page, at++), row);
            }
        }
    }

    private void Add(Label label)
    {
        if (IsRead(label.Name))
        {
            _entry.AddMetadata(label.Name, _entry.Append(label.Value));
        }
    }

    private bool IsRead(string name) => _needs.Contains(name) || (_needsLevel && Array.IndexOf(LevelDetector.Fields, name) >= 0);

    private void AddAttribute(string name, EventColumn column, int row)
    {
        switch (column.TypeOf(row))
        {
            case AttributeType.None:
                break;
            case AttributeType.String:
                _entry.AddMetadata(name, _entry.Append(column.Bytes(row)));
                break;
            case AttributeType.Int or AttributeType.Double:
                _entry.AddMetadata(name, column.TypeOf(row), column.Bits(row));
                break;
            case AttributeType.Composite:
                LokiStream.Flatten(name, column.Value(row), (key, value) => _entry.AddMetadata(key, _entry.Append(value)));
                break;
            default:
                _entry.AddMetadata(name, _entry.Append(column.Text(row)));
                break;
        }
    }

    private void AddField(string label, EventColumn column, int row)
    {
        switch (column.TypeOf(row))
        {
            case AttributeType.Int when column.Bits(row) != 0:
                _entry.AddMetadata(label, AttributeType.Int, column.Bits(row));
                break;
            case AttributeType.String when column.Bytes(row).Length > 0:
                _entry.AddMetadata(label, _entry.Append(column.Bytes(row)));
                break;
            case AttributeType.Bytes:
                Span<char> hex = stackalloc char[32];
                var bytes = column.Bytes(row);
                if (bytes.Length <= 16 && Convert.TryToHexStringLower(bytes, hex, out var written))
                {
                    _entry.AddMetadata(label, _entry.Append(hex[..written]));
                }

                break;
        }
    }

    private void AddLevel(EventPage page, int row, LokiStream stream)
    {
        if (stream.Level is { } known)
        {
            _entry.AddMetadata(LevelDetector.Label, _entry.Append(known));
            return;
        }

        foreach (var field in LevelDetector.Fields)
        {
            if (_entry.TryGet(field, out var value))
            {
                var level = LevelDetector.Normalize(value);
                _entry.AddMetadata(LevelDetector.Label, level is null ? _entry.Append(value.ToString()) : _entry.Append(level));
                return;
            }
        }

        var number = Column(page, _severityNumber);
        var severity = number.TypeOf(row) == AttributeType.Int ? number.Bits(row) : 0;
        LevelIsOfLine = severity == 0;
        _entry.AddMetadata(LevelDetector.Label, _entry.Append(severity != 0 ? LevelDetector.FromSeverityNumber(severity) : LevelDetector.FromLine(_entry.Line)));
    }

    private List<Label> ScopeLabels(EventScope scope)
    {
        if (!_scopes.TryGetValue(scope, out var labels))
        {
            labels = [];
            foreach (var attribute in scope.Attributes)
            {
                LokiStream.Flatten(LabelNames.FromAttribute(attribute.Key), attribute.Value, (name, value) => labels.Add(new Label(name, value)));
            }

            _scopes.Add(scope, labels);
        }

        return labels;
    }

    private EventColumn Column(EventPage page, int own) => page.Columns[_places is null ? own : _places[own]];

    private int Add(string field)
    {
        _columns.Add(ColumnRef.Field(field));
        return _columns.Count - 1;
    }
}
