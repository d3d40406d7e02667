-- How many people two campaigns reached in common. Each pair stands once.
WITH people AS (
  SELECT DISTINCT campaign_id_string, campaign, user_id
  FROM dsp_impressions
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
)
SELECT a.campaign_id_string, a.campaign,
       b.campaign_id_string AS other_campaign_id_string, b.campaign AS other_campaign,
       CONCAT(a.campaign, ' + ', b.campaign) AS pair,
       COUNT(DISTINCT a.user_id) AS shared_reach
FROM people a
INNER JOIN people b ON a.user_id = b.user_id
WHERE a.campaign_id_string < b.campaign_id_string
GROUP BY 1, 2, 3, 4, 5
