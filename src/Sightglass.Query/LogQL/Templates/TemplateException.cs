namespace Sightglass.Query.LogQL.Templates;

/// <summary>A template that does not parse, or fails on a line.</summary>
internal sealed class TemplateException(string message) : Exception(message);
