using Sightglass.Core.Model;

namespace Sightglass.Ingest.Exposition;

/// <summary>
/// The labels of a series as a target wrote them: unlike a label set with those that are empty, because with <c>honor_labels</c> an empty label
/// keeps the target's own away. Reused from series to series; not thread-safe.
/// </summary>
internal sealed class ExposedLabels
{
    private readonly List<Label> _labels = new(16);

    /// <summary>The labels in the order in which they were written.</summary>
    public IReadOnlyList<Label> Labels => _labels;

    /// <summary>Starts the next series.</summary>
    public void Clear() => _labels.Clear();

    /// <summary>Adds a label; false when one of that name is there.</summary>
    public bool Add(string name, string value)
    {
        if (Has(name))
        {
            return false;
        }

        _labels.Add(new Label(name, value));
        return true;
    }

    /// <summary>Sets a label whether or not it is there.</summary>
    public void Set(string name, string value)
    {
        var at = _labels.FindIndex(l => l.Name == name);
        if (at < 0)
        {
            _labels.Add(new Label(name, value));
        }
        else
        {
            _labels[at] = new Label(name, value);
        }
    }

    /// <summary>Removes a label and gives its value; empty when it is not there.</summary>
    public string Take(string name)
    {
        var at = _labels.FindIndex(l => l.Name == name);
        if (at < 0)
        {
            return string.Empty;
        }

        var value = _labels[at].Value;
        _labels.RemoveAt(at);
        return value;
    }

    /// <summary>Whether a label of that name was written, empty or not.</summary>
    public bool Has(string name)
    {
        foreach (var label in _labels)
        {
            if (label.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The value of a label; empty when it is not there.</summary>
    public string Get(string name)
    {
        foreach (var label in _labels)
        {
            if (label.Name == name)
            {
                return label.Value;
            }
        }

        return string.Empty;
    }

    /// <summary>The labels that are not empty, as a set.</summary>
    public LabelSet ToSet() => LabelSet.From(_labels);
}
